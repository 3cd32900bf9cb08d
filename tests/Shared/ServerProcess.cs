using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Fleet.Tests.Shared;

/// <summary>A server of Debian's as a child process: started with its arguments, ready when an address answers (http, or tcp for a port that only has to be open), ended by its own id.</summary>
internal sealed class ServerProcess(string binary, string package, string[] arguments, Uri ready) : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(2) };

    private readonly Queue<string> _lastWords = new();
    private Process? _process;

    public async Task StartAsync()
    {
        if (!File.Exists(binary)) throw new InvalidOperationException($"{binary} is missing: apt-get install {package} (./test installs it)");
        var start = new ProcessStartInfo(binary, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{binary} did not start");
        _process.OutputDataReceived += (_, line) => Remember(line.Data);
        _process.ErrorDataReceived += (_, line) => Remember(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await ReadyAsync(_process);
    }

    /// <summary>SIGTERM, as systemd does.</summary>
    public Task StopAsync() => EndAsync("-TERM");

    /// <summary>SIGKILL: nothing is flushed.</summary>
    public Task KillAsync() => EndAsync("-KILL");

    public async ValueTask DisposeAsync() => await KillAsync();

    /// <summary>A port outside the range the kernel hands out, so that nobody gets it while the server is stopped.</summary>
    public static int FreePort()
    {
        for (; ; )
        {
            var port = Random.Shared.Next(20_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
            }
        }
    }

    private async Task EndAsync(string signal)
    {
        if (_process is not { } process) return;
        _process = null;
        using (process)
        {
            if (!process.HasExited)
            {
                using var kill = Process.Start("kill", [signal, process.Id.ToString()]);
                await kill.WaitForExitAsync();
            }
            using var patience = new CancellationTokenSource(s_patience);
            await process.WaitForExitAsync(patience.Token);
        }
    }

    private async Task ReadyAsync(Process process)
    {
        var begun = Stopwatch.StartNew();
        while (begun.Elapsed < s_patience)
        {
            if (process.HasExited) throw new InvalidOperationException($"{binary} ended at once: {LastWords}");
            try
            {
                if (await AnswersAsync()) return;
            }
            catch (Exception exception) when (exception is HttpRequestException or SocketException or OperationCanceledException)
            {
            }
            await Task.Delay(50);
        }
        throw new TimeoutException($"{binary} was not ready within {s_patience}: {LastWords}");
    }

    private async Task<bool> AnswersAsync()
    {
        if (ready.Scheme == "tcp")
        {
            using var client = new TcpClient();
            await client.ConnectAsync(ready.Host, ready.Port);
            return true;
        }
        using var answer = await s_http.GetAsync(ready);
        return answer.IsSuccessStatusCode;
    }

    private string LastWords
    {
        get { lock (_lastWords) return string.Join('\n', _lastWords); }
    }

    private void Remember(string? line)
    {
        if (line is null) return;
        lock (_lastWords)
        {
            _lastWords.Enqueue(line);
            if (_lastWords.Count > 20) _lastWords.Dequeue();
        }
    }
}
