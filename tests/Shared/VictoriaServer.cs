using System.Text.Json;

namespace Fleet.Tests.Shared;

/// <summary>A real VictoriaMetrics (Debian's <c>victoria-metrics</c>) on a loopback port: it speaks InfluxDB's v2 write API.</summary>
internal sealed class VictoriaServer : IAsyncDisposable
{
    private static readonly HttpClient s_http = new();

    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-victoria-").FullName;
    private readonly ServerProcess _process;

    public VictoriaServer()
    {
        var port = ServerProcess.FreePort();
        Url = new Uri($"http://127.0.0.1:{port}");
        _process = new ServerProcess("/usr/bin/victoria-metrics", "victoria-metrics",
            [$"-httpListenAddr=127.0.0.1:{port}", $"-storageDataPath={_folder}", "-retentionPeriod=100y", "-memory.allowedBytes=128MB"], new Uri(Url, "health"));
    }

    public Uri Url { get; }

    public Task StartAsync() => _process.StartAsync();

    /// <summary>Every sample a selector finds: time in ms and value, per metric name and serial.</summary>
    public async Task<List<(string Metric, string Serial, long AtMs, double Value)>> ExportAsync(string selector)
    {
        using var flush = await s_http.GetAsync(new Uri(Url, "internal/force_flush"));
        var body = await s_http.GetStringAsync(new Uri(Url, $"api/v1/export?match[]={Uri.EscapeDataString(selector)}"));
        var samples = new List<(string, string, long, double)>();
        foreach (var line in body.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            var metric = json.RootElement.GetProperty("metric");
            var times = json.RootElement.GetProperty("timestamps");
            var values = json.RootElement.GetProperty("values");
            for (var i = 0; i < times.GetArrayLength(); i++)
                samples.Add((metric.GetProperty("__name__").GetString()!, metric.GetProperty("serial").GetString()!, times[i].GetInt64(), values[i].GetDouble()));
        }
        return samples;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
