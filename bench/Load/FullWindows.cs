using System.Net;

namespace Fleet.Bench.Load;

/// <summary>
/// The closed loop: every connection's window is filled again and again. It looks every few milliseconds instead of at every
/// acknowledgement, so that one receive and one send serve many messages: waking for each cost 6.7 µs of CPU a message
/// against mosquitto, which the server on the same two cores could not use. The most it can offer is a window a sweep.
/// </summary>
internal sealed class FullWindows : IDisposable
{
    private static readonly TimeSpan s_sweep = TimeSpan.FromMilliseconds(5);
    private readonly ReportPacket _report = new();
    private readonly BenchTerminals _terminals;
    private readonly MqttConnection[] _connections;
    private readonly Epoll _epoll;
    private readonly TimeProvider _clock;
    private readonly DateTimeOffset _began;
    private long _acknowledged;
    private readonly ManualResetEvent _stop = new(initialState: false);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
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
    public Task RunAsync()
    {
        // A thread of its own: the pool's threads spin before they wait, which was a third of the generator's CPU.
        new Thread(Run) { IsBackground = true, Name = "load" }.Start();
        return _finished.Task;
    }

    /// <summary>Sends nothing new.</summary>
    public void Stop() => _stop.Set();

    public void Dispose()
    {
        foreach (var connection in _connections) connection.Dispose();
        _epoll.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        try
        {
            // Every socket is writable at first: that is what starts them.
            for (var isStopping = false; !isStopping || _inFlight > 0;)
            {
                isStopping = _stop.WaitOne(s_sweep);
                Serve(_epoll.Wait(isStopping ? s_sweep : TimeSpan.Zero), isStopping);
            }
            _finished.SetResult();
        }
        catch (Exception failure)
        {
            _finished.SetException(failure);
        }
    }

    private void Serve(int ready, bool isStopping)
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
            if (!isStopping) Fill(key, connection);
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
