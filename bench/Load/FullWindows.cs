using System.Net;

namespace Fleet.Bench.Load;

/// <summary>
/// The closed loop: every connection's window is filled again and again. It looks every few milliseconds instead of at every
/// acknowledgement, so that one receive and one send serve many messages: waking for each cost 6.7 µs of CPU a message
/// against mosquitto, which the server on the same two cores could not use. The most it can offer is a window a sweep.
/// With a rate it offers that many instead, whatever is acknowledged, until the windows are full: past that what is offered
/// stays with the terminals, as it does with real ones.
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
    private readonly double? _rate;
    private readonly long _origin;
    private double _due;
    private int _inFlight;

    /// <param name="rate">Messages a second that are offered over all connections; without it, as many as are acknowledged.</param>
    public FullWindows(IPEndPoint server, BenchTerminals terminals, int window, TimeProvider clock, double? rate = null)
    {
        (_terminals, _clock, _began, _rate, _origin) = (terminals, clock, clock.GetUtcNow(), rate, clock.GetTimestamp());
        _epoll = new Epoll(terminals.Connections);
        _connections = [.. Enumerable.Range(0, terminals.Connections)
            .Select(c => MqttConnection.Connect(server, $"bench-{c}", window, _report.Length))];
        for (var c = 0; c < _connections.Length; c++) _epoll.Watch(_connections[c].Socket, c);
    }

    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>What was offered so far, at a rate.</summary>
    public double Offered => Volatile.Read(ref _due);

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
            if (!isStopping && _rate is null) Fill(key, connection, connection.Free);
            connection.Flush();
        }
        if (!isStopping && _rate is { } rate) Offer(rate);
    }

    private void Offer(double rate)
    {
        var due = rate * _clock.GetElapsedTime(_origin).TotalSeconds;
        var each = (int)(due / _connections.Length) - (int)(_due / _connections.Length);
        Volatile.Write(ref _due, due);
        for (var c = 0; c < _connections.Length; c++)
        {
            Fill(c, _connections[c], Math.Min(each, _connections[c].Free));
            _connections[c].Flush();
        }
    }

    private void Fill(int key, MqttConnection connection, int count)
    {
        for (; count > 0; count--)
        {
            var (terminal, number) = _terminals.Next(key);
            _report.Write(connection.Publish(_report.Length, 0, out var id), terminal, number, id);
            _inFlight++;
        }
    }
}
