using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Fleet.History;

/// <summary>InfluxDB since 1.x over <c>/write</c> and <c>/query</c>, which no client library of InfluxDB's speaks.</summary>
internal sealed class InfluxV1Database : ITimeSeriesDatabase, IDisposable
{
    // An error names bad lines one by one; of a thousand of them the first are enough.
    private const int LongestAnswer = 1024 * 1024;

    private static readonly MediaTypeHeaderValue s_lines = new("text/plain") { CharSet = "utf-8" };

    private readonly InfluxOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly HttpClient _http;
    private readonly Uri _write;
    private volatile bool _databaseKnown;

    public InfluxV1Database(InfluxOptions options, TimeProvider time, ILogger log)
    {
        _options = options;
        _time = time;
        _log = log;
        _databaseKnown = !options.CreateDatabase;
        _write = At($"write?db={Uri.EscapeDataString(options.Database)}&precision=ms");
        _http = NewHttp();
        if (options.User.Length > 0)
            _http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.User}:{options.Token}")));
    }

    public async Task<WriteOutcome> WriteAsync(ReadOnlyMemory<byte> lines, CancellationToken stop)
    {
        if (!_databaseKnown && await CreateDatabaseAsync(stop) is { Result: not WriteResult.Accepted } failed) return failed;

        using var content = _options.Gzip ? Compressed(lines) : new ReadOnlyMemoryContent(lines);
        content.Headers.ContentType = s_lines;
        var (outcome, missing) = await SendAsync(_write, content, stop);
        if (missing && _options.CreateDatabase) _databaseKnown = false; // dropped, or a new server in its place
        return outcome;
    }

    public void Dispose() => _http.Dispose();

    /// <summary>
    /// A pooled connection is renewed now and then so that a moved address is noticed. No redirects: a POST that becomes
    /// a GET of somebody's login page would count as accepted. Each request brings its own timeout, from the time provider.
    /// </summary>
    internal static HttpClient NewHttp() => new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = LongestAnswer,
    };

    private async Task<WriteOutcome> CreateDatabaseAsync(CancellationToken stop)
    {
        var name = _options.Database.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        using var query = new FormUrlEncodedContent([new("q", $"CREATE DATABASE \"{name}\"")]);
        var (outcome, _) = await SendAsync(At("query"), query, stop);
        if (outcome.Result == WriteResult.RetryLater) return outcome;
        if (outcome.Result != WriteResult.Accepted) return WriteOutcome.Blocked($"CREATE DATABASE: {outcome.Reason}");
        _databaseKnown = true;
        HistoryLog.DatabaseReady(_log, _options.Database);
        return outcome;
    }

    private async Task<(WriteOutcome Outcome, bool Missing)> SendAsync(Uri to, HttpContent content, CancellationToken stop)
    {
        using var patience = new Patience(_options, _time, stop);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, to) { Content = content };
            using var response = await _http.SendAsync(request, patience.Token);
            var body = await response.Content.ReadAsStringAsync(patience.Token);
            return (InfluxAnswer.Read(response.StatusCode, body, RetryAfter(response)), response.StatusCode == System.Net.HttpStatusCode.NotFound);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return (patience.Outcome, false);
        }
        catch (HttpRequestException exception)
        {
            return (WriteOutcome.RetryLater(exception.Message), false);
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - _time.GetUtcNow(),
        _ => null,
    };

    private static ReadOnlyMemoryContent Compressed(ReadOnlyMemory<byte> lines)
    {
        var compressed = new MemoryStream(lines.Length / 6);
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(lines.Span);
        var content = new ReadOnlyMemoryContent(compressed.GetBuffer().AsMemory(0, (int)compressed.Length));
        content.Headers.ContentEncoding.Add("gzip");
        return content;
    }

    /// <summary>An endpoint below the address, which may have a path of its own behind a proxy.</summary>
    private Uri At(string endpoint) => new($"{_options.Url.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{endpoint}");
}
