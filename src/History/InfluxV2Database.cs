using System.Net;
using System.Text;
using InfluxDB.Client;
using InfluxDB.Client.Api.Domain;
using InfluxDB.Client.Core.Exceptions;

namespace Fleet.History;

/// <summary>InfluxDB 1.8, 2.x, 3.x and VictoriaMetrics over <c>/api/v2/write</c>, spoken by InfluxDB.Client.</summary>
internal sealed class InfluxV2Database : ITimeSeriesDatabase, IDisposable
{
    private readonly InfluxOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly InfluxDBClient _client;
    private readonly WriteApiAsync _write;

    public InfluxV2Database(InfluxOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _http = InfluxV1Database.NewHttp();
        var client = new InfluxDBClientOptions(options.Url.GetLeftPart(UriPartial.Path))
        {
            HttpClient = _http,
            Org = options.Org.Length > 0 ? options.Org : "-", // the client insists on one, VictoriaMetrics and 1.8 have none
            Bucket = options.Bucket,
        };
        if (options.Token.Length > 0) client.Token = options.Token;
        _client = new InfluxDBClient(client);
        if (options.Gzip) _client.EnableGzip();
        _write = _client.GetWriteApiAsync();
    }

    public async Task<WriteOutcome> WriteAsync(ReadOnlyMemory<byte> lines, CancellationToken stop)
    {
        using var patience = new Patience(_options, _time, stop);
        try
        {
            await _write.WriteRecordsAsync([Encoding.UTF8.GetString(lines.Span)], WritePrecision.Ms, cancellationToken: patience.Token);
            return WriteOutcome.Accepted;
        }
        catch (HttpException exception) when (exception.Status > 0)
        {
            TimeSpan? after = exception.RetryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
            return InfluxAnswer.Read((HttpStatusCode)exception.Status, exception.ErrorBody?.ToString() ?? exception.Message, after);
        }
        catch (Exception exception) when (exception is HttpException or OperationCanceledException)
        {
            stop.ThrowIfCancellationRequested();
            return patience.IsOver ? patience.Outcome : WriteOutcome.RetryLater(exception.Message);
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _http.Dispose();
    }
}
