using System.Text.Json;

namespace Fleet.Tests.Shared;

/// <summary>A real InfluxDB 1.6.7 (Debian's <c>influxdb</c>) on a loopback port with a folder of its own; stopped and started again it has the same data.</summary>
internal sealed class InfluxServer : IAsyncDisposable
{
    private static readonly HttpClient s_http = new();

    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-influx-").FullName;
    private readonly ServerProcess _process;

    /// <param name="auth">With accounts: until one is made, only making an administrator is allowed.</param>
    public InfluxServer(bool auth = false)
    {
        var port = ServerProcess.FreePort();
        Url = new Uri($"http://127.0.0.1:{port}");
        var config = Path.Combine(_folder, "influxdb.conf");
        File.WriteAllText(config,
            $"""
            reporting-disabled = true
            bind-address = "127.0.0.1:{ServerProcess.FreePort()}"
            [meta]
            dir = "{_folder}/meta"
            [data]
            dir = "{_folder}/data"
            wal-dir = "{_folder}/wal"
            query-log-enabled = false
            [monitor]
            store-enabled = false
            [http]
            bind-address = "127.0.0.1:{port}"
            auth-enabled = {(auth ? "true" : "false")}
            log-enabled = false
            """);
        _process = new ServerProcess("/usr/bin/influxd", "influxdb", ["run", "-config", config], new Uri(Url, "ping"));
    }

    public Uri Url { get; }

    public Task StartAsync() => _process.StartAsync();
    public Task StopAsync() => _process.StopAsync();
    public Task KillAsync() => _process.KillAsync();

    /// <summary>Runs InfluxQL; every series of the first statement, times in ms. The server's error is thrown.</summary>
    public async Task<Series[]> QueryAsync(string database, string query, string user = "", string password = "")
    {
        using var form = new FormUrlEncodedContent([new("q", query), new("db", database), new("epoch", "ms")]);
        var account = user.Length == 0 ? "" : $"?u={Uri.EscapeDataString(user)}&p={Uri.EscapeDataString(password)}";
        using var answer = await s_http.PostAsync(new Uri(Url, "query" + account), form);
        var body = await answer.Content.ReadAsStringAsync();
        using var json = JsonDocument.Parse(body);
        if (!json.RootElement.TryGetProperty("results", out var results) || results[0].TryGetProperty("error", out _))
            throw new InvalidOperationException($"{query}: {body}");
        return results[0].TryGetProperty("series", out var series) ? series.Deserialize<Series[]>(JsonSerializerOptions.Web)! : [];
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>One series of an answer, as InfluxDB sends it.</summary>
    internal sealed record Series(string? Name, Dictionary<string, string>? Tags, string[] Columns, JsonElement[][] Values)
    {
        public JsonElement[] Column(string name) => [.. Values.Select(row => row[Array.IndexOf(Columns, name)])];
    }
}
