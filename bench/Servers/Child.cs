using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Fleet.Bench.Servers;

/// <summary>A server that the bench started and ends: its output goes to a file, its process to <see cref="Usage"/>.</summary>
internal sealed class Child : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _log;

    private Child(Process process, string log) => (_process, _log) = (process, log);

    public int Id => _process.Id;

    /// <summary>Starts a program with both outputs going to <paramref name="log"/>.</summary>
    public static Child Start(string program, IEnumerable<string> arguments, string log)
    {
        // exec keeps the process id, and the kernel writes the output: a pipe would cost the generator CPU.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >> \"$0\" 2>&1", log, program, .. arguments]);
        return new Child(Process.Start(start) ?? throw new IOException($"{program} did not start."), log);
    }

    /// <summary>A port outside the range the kernel hands out, so that no client's own port takes it while a server is dead.</summary>
    public static IPEndPoint FreePort()
    {
        while (true)
        {
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, Random.Shared.Next(20_000, 32_000));
                probe.Start();
                return (IPEndPoint)probe.LocalEndpoint;
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
            }
        }
    }

    /// <summary>Waits until something is true of the server, as long as it lives.</summary>
    public async Task WaitUntilAsync(Func<CancellationToken, Task<bool>> isReady, TimeSpan patience, TimeProvider clock, CancellationToken stop)
    {
        var began = clock.GetTimestamp();
        while (!await isReady(stop))
        {
            if (_process.HasExited) throw new IOException($"The server ended with {_process.ExitCode}:{Environment.NewLine}{Tail()}");
            if (clock.GetElapsedTime(began) > patience) throw new IOException($"The server was not ready within {patience}:{Environment.NewLine}{Tail()}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), clock, stop);
        }
    }

    public static async Task<bool> AcceptsAsync(IPEndPoint endpoint, CancellationToken stop)
    {
        using var probe = new TcpClient();
        try
        {
            await probe.ConnectAsync(endpoint, stop);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        else await Console.Error.WriteLineAsync($"A server had ended by itself with {_process.ExitCode}:{Environment.NewLine}{Tail()}");
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private string Tail() => File.Exists(_log) ? string.Join(Environment.NewLine, File.ReadLines(_log).TakeLast(20)) : "";
}
