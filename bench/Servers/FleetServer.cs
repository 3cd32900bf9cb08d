using System.Net;
using System.Text.Json;

namespace Fleet.Bench.Servers;

/// <summary>A Fleet of its own for one run: fresh data folder, free ports on loopback, no history.</summary>
internal sealed class FleetServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-bench-").FullName;
    private readonly HttpClient _http;
    private readonly Child _process;

    private FleetServer(string host, IEnumerable<string> settings)
    {
        var web = Child.FreePort();
        Mqtt = Child.FreePort();
        _http = new HttpClient { BaseAddress = new Uri($"http://{web}"), Timeout = TimeSpan.FromSeconds(10) };
        _process = Child.Start("dotnet",
        [
            host, "run", $"--Data:Path={Path.Combine(_folder, "data")}", $"--Mqtt:Port={Mqtt.Port}", $"--Http:Urls=http://{web}",
            "--Mqtt:AllowAnonymous=true", "--Influx:Api=null", .. settings,
        ], Path.Combine(_folder, "log"));
    }

    public IPEndPoint Mqtt { get; }

    public Usage Usage => Usage.Of(_process.Id);

    /// <param name="host">Path of Fleet.Host.dll.</param>
    /// <param name="settings">More of the server's own arguments, e.g. <c>--Webhook:Url=…</c>.</param>
    public static async Task<FleetServer> StartAsync(string host, IEnumerable<string> settings, TimeProvider clock, CancellationToken stop)
    {
        var server = new FleetServer(host, settings);
        try
        {
            await server._process.WaitUntilAsync(server.IsReadyAsync, TimeSpan.FromMinutes(2), clock, stop);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the server counts for a terminal: distinct reports applied, and the sum of their sequence numbers where it says.</summary>
    public async Task<(long Reports, long? SeqSum)> AppliedAsync(string serial, CancellationToken stop)
    {
        using var answer = await _http.GetAsync($"/api/v1/terminals/{serial}", stop);
        if (answer.StatusCode == HttpStatusCode.NotFound) return (0, null);
        answer.EnsureSuccessStatusCode();
        using var body = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(stop));
        var terminal = body.RootElement;
        return (terminal.GetProperty("reports").GetInt64(), terminal.TryGetProperty("seqSum", out var sum) ? sum.GetInt64() : null);
    }

    /// <summary>The lines of /metrics whose name begins so; none where there are no metrics.</summary>
    public async Task<string[]> MetricsAsync(string prefix, CancellationToken stop)
    {
        using var answer = await _http.GetAsync("/metrics", stop);
        if (!answer.IsSuccessStatusCode) return [];
        var text = await answer.Content.ReadAsStringAsync(stop);
        return [.. text.Split('\n').Where(line => line.StartsWith(prefix, StringComparison.Ordinal))];
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<bool> IsReadyAsync(CancellationToken stop)
    {
        try
        {
            using var answer = await _http.GetAsync("/health/ready", stop);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
