using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Fleet.Bench.Load;

namespace Fleet.Bench.Servers;

/// <summary>A Fleet of its own for one run: fresh data folder, ports of its own on loopback, no history. It can be killed and started again on the same.</summary>
internal sealed class FleetServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-bench-").FullName;
    private readonly HttpClient _http;
    private readonly string _host;
    private readonly string[] _command;
    private Child? _process;

    /// <param name="host">Path of Fleet.Host.dll.</param>
    /// <param name="settings">More of the server's own arguments, e.g. <c>--Webhook:Url=…</c>; the last of a name wins.</param>
    /// <param name="environment"><c>NAME=VALUE</c>, for the server alone.</param>
    public FleetServer(string host, IReadOnlyList<string> settings, IEnumerable<string> environment)
    {
        (_host, Http) = (host, Child.FreePort());
        (Mqtt, MqttTls) = (Child.FreePort(), Child.FreePort());
        _http = new HttpClient { BaseAddress = new Uri($"http://{Http}"), Timeout = TimeSpan.FromSeconds(10) };
        _command =
        [
            .. environment, "dotnet", host, "run", $"--Data:Path={Data}", $"--Mqtt:Port={Mqtt.Port}", $"--Http:Urls=http://{Http}",
            "--Mqtt:AllowAnonymous=true", "--Influx:Api=null", .. settings,
            .. settings.Any(s => s.StartsWith("--Mqtt:Tls:", StringComparison.Ordinal)) ? [$"--Mqtt:Tls:Port={MqttTls.Port}"] : Array.Empty<string>(),
        ];
    }

    public IPEndPoint Mqtt { get; }

    /// <summary>Where TLS is served, when <see cref="Certificate.Settings"/> are among the settings.</summary>
    public IPEndPoint MqttTls { get; }

    public IPEndPoint Http { get; }

    public Usage Usage => Usage.Of(_process!.Id);

    /// <summary>Its SQLite files.</summary>
    public IEnumerable<string> Databases => Directory.EnumerateFiles(Data, "*.db");

    private string Data => Path.Combine(_folder, "data");

    private string Log => Path.Combine(_folder, "log");

    public static async Task<FleetServer> StartAsync(FleetServer server, TimeProvider clock, CancellationToken stop)
    {
        try
        {
            await server.StartAsync(clock, stop);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it and waits until it is ready, also again after <see cref="KillAsync"/>.</summary>
    public Task StartAsync(TimeProvider clock, CancellationToken stop)
    {
        Launch();
        return _process!.WaitUntilAsync(IsReadyAsync, TimeSpan.FromMinutes(2), clock, stop);
    }

    /// <summary>Starts it and waits for nothing.</summary>
    public void Launch() => _process = Child.Start("env", _command, Log);

    /// <summary>SIGKILL: nothing is flushed.</summary>
    public async Task KillAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _process = null;
    }

    /// <summary>Gives the first terminals of the bench a place in the registry and a password.</summary>
    public async Task RegisterAsync(int terminals, CancellationToken stop)
    {
        var file = Path.Combine(_folder, "terminals.csv");
        await File.WriteAllLinesAsync(file, ["serial,merchant,site,model,carrier,password",
            .. Enumerable.Range(0, terminals).Select(t => $"{ReportPacket.Serial(t)},m,s,bench,c,{Passwords.Of(t)}")], stop);
        using var import = Process.Start(new ProcessStartInfo("dotnet", [_host, "terminals", "import", file, $"--Data:Path={Data}"]) { RedirectStandardOutput = true })!;
        var said = await import.StandardOutput.ReadToEndAsync(stop);
        await import.WaitForExitAsync(stop);
        if (import.ExitCode != 0) throw new IOException($"terminals import ended with {import.ExitCode}: {said}");
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

    /// <summary>The states of a terminal's alerts of one fault, e.g. <c>open cleared</c>.</summary>
    public async Task<string> AlertsAsync(string serial, string fault, CancellationToken stop)
    {
        using var body = JsonDocument.Parse(await _http.GetByteArrayAsync($"/api/v1/alerts?terminal={serial}&fault={fault}", stop));
        return string.Join(' ', body.RootElement.GetProperty("items").EnumerateArray().Select(alert => alert.GetProperty("state").GetString()));
    }

    /// <summary>The lines of /metrics whose name begins so; none where there are no metrics.</summary>
    public async Task<string[]> MetricsAsync(string prefix, CancellationToken stop)
    {
        using var answer = await _http.GetAsync("/metrics", stop);
        if (!answer.IsSuccessStatusCode) return [];
        var text = await answer.Content.ReadAsStringAsync(stop);
        return [.. text.Split('\n').Where(line => line.StartsWith(prefix, StringComparison.Ordinal))];
    }

    /// <summary>The value of a metric, over all its tags.</summary>
    public async Task<double> MetricAsync(string name, CancellationToken stop) => (await MetricsAsync(name, stop))
        .Sum(line => double.Parse(line.Split(' ')[^(line.Count(c => c == ' ') > 1 ? 2 : 1)], System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>How the journal stands, as /health/ready tells.</summary>
    public async Task<JournalSeen> JournalAsync(CancellationToken stop)
    {
        using var answer = await _http.GetAsync("/health/ready", stop);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(stop));
        return body.RootElement.GetProperty("parts").GetProperty("journal").Deserialize<JournalSeen>(JsonSerializerOptions.Web)!;
    }

    /// <summary>Waits until no MQTT connection is open.</summary>
    public Task EmptyAsync(TimeProvider clock, CancellationToken stop) =>
        _process!.WaitUntilAsync(async ending => await MetricAsync("fleet_ingest_connections{", ending) == 0, TimeSpan.FromMinutes(1), clock, stop);

    /// <summary>What it logged so far, warnings, errors and all.</summary>
    public IEnumerable<string> LogLines() => File.Exists(Log) ? File.ReadLines(Log) : [];

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<bool> IsReadyAsync(CancellationToken stop)
    {
        try
        {
            using var answer = await _http.GetAsync("/health/ready", stop);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !stop.IsCancellationRequested))
        {
            return false;
        }
    }
}

/// <summary>A journal: rows kept and their bytes, and how many of them the terminals have not applied.</summary>
internal sealed record JournalSeen(long Rows, long Bytes, long UnappliedRows);
