using System.Net;

namespace Fleet.Bench.Load;

/// <summary>
/// The closed loop: every connection's window is kept full, and what an acknowledgement frees is sent at once, all in one
/// send. One thread; measured against mosquitto at under 2 µs of CPU a message, kernel included (docs in Program.cs).
/// </summary>
internal sealed class FullWindows : IDisposable
{
    private static readonly TimeSpan s_idle = TimeSpan.FromMilliseconds(100);
    private readonly ReportPacket _report = new();
    private readonly BenchTerminals _terminals;
    private readonly MqttConnection[] _connections;
    private readonly Epoll _epoll;
    private readonly TimeProvider _clock;
    private readonly DateTimeOffset _began;
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _acknowledged;
    private volatile bool _stopping;
    private int _inFlight;

    public FullWindows(IPEndPoint server, BenchTerminals terminals, int window, TimeProvider clock)
    {
        (_terminals, _clock, _began) = (terminals, clock, clock.GetUtcNow());
        _epoll = new Epoll(terminals.Connections);
        _connections = [.. Enumerable.Range(0, terminals.Connections)
            .Select(c => MqttConnection.Connect(server, $"bench-{c}", window, _report.Length))];
        for (var c = 0; c < _connections.Length; c++) _epoll.Watch(_connections[c].Socket, c);
    }

    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Completes when stopped and everything sent is acknowledged; fails when a connection does.</summary>
    public Task Finished => _finished.Task;

    public void Start() => new Thread(Run) { IsBackground = true, Name = "load" }.Start();

    /// <summary>Sends nothing new; see <see cref="Finished"/>.</summary>
    public void Stop() => _stopping = true;

    public void Dispose()
    {
        foreach (var connection in _connections) connection.Dispose();
        _epoll.Dispose();
    }

    private void Run()
    {
        try
        {
            // Every socket is writable at first: that is what starts them.
            while (!_stopping || _inFlight > 0) Serve(_epoll.Wait(s_idle));
            _finished.SetResult();
        }
        catch (Exception failure)
        {
            _finished.SetException(failure);
        }
    }

    private void Serve(int ready)
    {
        Span<long> unused = stackalloc long[1024];
        var now = _clock.GetUtcNow();
        _report.SetTime(now.ToUnixTimeMilliseconds(), (long)(now - _began).TotalSeconds);
        for (var i = 0; i < ready; i++)
        {
            var (key, events) = _epoll.Ready(i);
            var connection = _connections[key];
            if ((events & (Epoll.Readable | Epoll.Failed)) != 0)
            {
                var count = connection.ReadAcknowledgements(unused);
                _inFlight -= count;
                Volatile.Write(ref _acknowledged, _acknowledged + count);
            }
            if (!_stopping) Fill(key, connection);
            connection.Flush();
        }
    }

    private void Fill(int key, MqttConnection connection)
    {
        for (var free = connection.Free; free > 0; free--)
        {
            var (terminal, number) = _terminals.Next(key);
            _report.Write(connection.Publish(_report.Length, 0, out var id), terminal, number, id);
            _inFlight++;
        }
    }
}
