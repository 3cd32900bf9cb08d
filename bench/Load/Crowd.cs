using System.Net;

namespace Fleet.Bench.Load;

/// <summary>Many quiet clients at once.</summary>
/// <param name="atOnce">How many are in their handshake at a time.</param>
internal sealed class Crowd(IPEndPoint server, bool tls, bool withPasswords, bool subscribe, int atOnce) : IDisposable
{
    /// <summary>What a process opens beside its connections: libraries, database files, event queues.</summary>
    private const int FilesBeside = 400;
    private QuietClient?[] _clients = [];

    /// <summary>Connects terminals 0 to <paramref name="count"/> − 1 and keeps them.</summary>
    public Task GatherAsync(int count, CancellationToken stop)
    {
        _clients = new QuietClient?[count];
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, Math.Min(atOnce, count)).Select(_ => Task.Factory.StartNew(
            () =>
            {
                for (int terminal; (terminal = Interlocked.Increment(ref next)) < count && !stop.IsCancellationRequested;)
                {
                    var client = new QuietClient(server, terminal, withPasswords ? Passwords.Of(terminal) : null, tls);
                    _clients[terminal] = client;
                    if (subscribe) client.Subscribe(terminal);
                }
                stop.ThrowIfCancellationRequested();
            }, stop, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
    }

    /// <summary>As many of the wanted connections as this process and its children may open files; says so where it is fewer.</summary>
    public static int Allowed(int wanted)
    {
        // "Max open files  soft  hard  files": .NET raises its own soft limit to the hard one, and children inherit it.
        var limit = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2];
        if (!int.TryParse(limit, out var files) || wanted <= files - FilesBeside) return wanted;
        Console.WriteLine($"  {files - FilesBeside:N0} connections instead of {wanted:N0}: a process may open {files:N0} files here (ulimit -Hn)");
        return files - FilesBeside;
    }

    public void Dispose()
    {
        foreach (var client in _clients) client?.Dispose();
    }
}
