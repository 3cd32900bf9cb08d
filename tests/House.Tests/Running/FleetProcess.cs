using System.Diagnostics;
using System.Text;
using Fleet.Tests.Shared;

namespace Fleet.House_Tests.Running;

/// <summary>
/// The real program as a child process, with a data folder and loopback ports of its own. It can be killed and started
/// again on the same; what it printed is in <see cref="Output"/>, for the tests that fail.
/// </summary>
internal sealed class FleetProcess : IAsyncDisposable
{
    private static readonly string s_program = Path.Combine(AppContext.BaseDirectory, "Fleet.Host.dll");
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);
    private static readonly HashSet<int> s_ports = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-house-").FullName;
    private readonly string[] _settings;
    private readonly StringBuilder _output = new();
    private Process? _process;

    private FleetProcess(string[] settings)
    {
        (MqttPort, HttpPort) = (FreePort(), FreePort());
        _settings = [$"--Data:Path={DataFolder}", $"--Mqtt:Port={MqttPort}", $"--Http:Urls=http://127.0.0.1:{HttpPort}", .. settings];
        Api = new FleetApi(new Uri($"http://127.0.0.1:{HttpPort}"));
    }

    public int MqttPort { get; }

    public int HttpPort { get; }

    public string DataFolder => Path.Combine(_folder, "data");

    public FleetApi Api { get; }

    /// <summary>All that every run of it printed so far.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <summary>A server that is ready.</summary>
    /// <param name="settings">E.g. <c>--Mqtt:AllowAnonymous=true</c>.</param>
    public static async Task<FleetProcess> StartAsync(params string[] settings)
    {
        var fleet = new FleetProcess(settings);
        try
        {
            await fleet.StartAsync();
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it, also again after <see cref="KillAsync"/>, and waits until it is ready.</summary>
    public async Task StartAsync()
    {
        _process = Launch("run", _settings);
        var last = await Eventually.ReachAsync(Api.IsReadyAsync, ready => ready || _process.HasExited, s_patience);
        if (last && !_process.HasExited) return;
        if (_process.HasExited) await _process.WaitForExitAsync(CancellationToken.None); // until its last words have arrived
        throw new InvalidOperationException($"Fleet did not become ready{(_process.HasExited ? $" and ended with {_process.ExitCode}" : "")}:{Environment.NewLine}{Output}");
    }

    /// <summary>SIGKILL: no farewell, no flush.</summary>
    public async Task KillAsync()
    {
        if (_process is null) return;
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _process = null;
    }

    /// <summary>SIGTERM: it writes down what it knows, and nothing is to be replayed.</summary>
    public async Task StopAsync()
    {
        await SignalAsync("-TERM");
        Assert.Equal(0, await EndedAsync(s_patience));
    }

    /// <summary>SIGSTOP: it stands still with all its connections open, as a stopped virtual machine or a long pause does.</summary>
    public Task PauseAsync() => SignalAsync("-STOP");

    /// <summary>SIGCONT: it goes on as if nothing had been.</summary>
    public Task ResumeAsync() => SignalAsync("-CONT");

    /// <summary>Waits until it has ended by itself; its exit code.</summary>
    public async Task<int> EndedAsync(TimeSpan within)
    {
        await _process!.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(within);
        return _process.ExitCode;
    }

    public bool HasEnded => _process is null or { HasExited: true };

    /// <summary>Runs another verb of the program on the same data; its standard output, trimmed.</summary>
    public async Task<string> VerbAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [s_program, .. arguments, $"--Data:Path={DataFolder}"])
        {
            RedirectStandardOutput = true,
        })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', arguments)} ended with {process.ExitCode}: {output}");
        return output.Trim();
    }

    /// <summary>
    /// A port that nobody else of this run gets. Outside the range the kernel hands out, so that no client's own port
    /// takes it while the server is dead (a client connecting to a port nobody listens on may even meet itself).
    /// </summary>
    public static int FreePort()
    {
        lock (s_ports)
        {
            int port;
            do port = ServerProcess.FreePort(); while (!s_ports.Add(port));
            return port;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Api.Dispose();
        TestContext.Current.TestOutputHelper?.WriteLine(Output); // shown with a test that fails
        Directory.Delete(_folder, recursive: true);
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, $"{_process!.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, kill.ExitCode);
    }

    private Process Launch(string verb, IEnumerable<string> settings)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [s_program, verb, .. settings])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = _folder,
            },
        };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => Keep($"-- process {process.Id} has ended with {process.ExitCode} --");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_output) _output.AppendLine(line);
    }
}
