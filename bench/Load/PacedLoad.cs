using System.Net;
using HdrHistogram;

namespace Fleet.Bench.Load;

/// <summary>
/// The open loop: messages are due at a fixed rate whatever the server does, and latency counts from the moment a message
/// was due, so a server that stalls pays for every message it held up (no coordinated omission). Wakes every 100 µs: that
/// much of a latency is the generator's own. One thread.
/// </summary>
internal sealed class PacedLoad : IDisposable
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMicroseconds(100);
    private readonly ReportPacket _report = new();
    private readonly BenchTerminals _terminals;
    private readonly PaperOuts? _paperOuts;
    private readonly MqttConnection[] _connections;
    private readonly Epoll _epoll;
    private readonly TimeProvider _clock;
    private readonly double _perTick;
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _origin;
    private readonly DateTimeOffset _began;
    private long _due;
    private int _inFlight;
    private volatile bool _stopping;
    private volatile bool _measuring;

    /// <param name="paperOuts">Sent beside the reports; null for none.</param>
    /// <param name="rate">Reports a second, over all connections.</param>
    public PacedLoad(IPEndPoint server, BenchTerminals terminals, PaperOuts? paperOuts, int window, double rate, TimeProvider clock)
    {
        (_terminals, _paperOuts, _clock) = (terminals, paperOuts, clock);
        _perTick = rate / clock.TimestampFrequency;
        _epoll = new Epoll(terminals.Connections + 1);
        _connections = [.. Enumerable.Range(0, terminals.Connections + 1) // the last one is for the events
            .Select(c => MqttConnection.Connect(server, $"bench-{c}", window, _report.Length))];
        for (var c = 0; c < _connections.Length; c++) _epoll.Watch(_connections[c].Socket, c);
        (_origin, _began) = (clock.GetTimestamp(), clock.GetUtcNow());
    }

    /// <summary>PUBLISH to PUBACK in the clock's ticks; read it when the load has finished.</summary>
    public LongHistogram Latencies { get; } = new(TimeSpan.FromMinutes(1).Ticks * 100, 3);

    public TimeSpan Latency(double percentile) => _clock.GetElapsedTime(0, Latencies.GetValueAtPercentile(percentile));

    public Task Finished => _finished.Task;

    public void Start() => new Thread(Run) { IsBackground = true, Name = "load" }.Start();

    /// <summary>From now on latencies count; before, everything was warming up.</summary>
    public void Measure() => _measuring = true;

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
            while (!_stopping || _inFlight > 0)
            {
                Receive(_epoll.Wait(s_tick));
                if (!_stopping) SendDue();
            }
            _finished.SetResult();
        }
        catch (Exception failure)
        {
            _finished.SetException(failure);
        }
    }

    private void Receive(int ready)
    {
        Span<long> intended = stackalloc long[1024];
        for (var i = 0; i < ready; i++)
        {
            var (key, events) = _epoll.Ready(i);
            if ((events & (Epoll.Readable | Epoll.Failed)) != 0)
            {
                var count = _connections[key].ReadAcknowledgements(intended);
                _inFlight -= count;
                if (_measuring) Record(intended[..count]);
            }
            _connections[key].Flush();
        }
    }

    private void Record(ReadOnlySpan<long> intended)
    {
        var now = _clock.GetTimestamp();
        foreach (var due in intended) Latencies.RecordValue(Math.Min(now - due, Latencies.HighestTrackableValue));
    }

    private void SendDue()
    {
        var now = _clock.GetUtcNow();
        _report.SetTime(now.ToUnixTimeMilliseconds(), (long)(now - _began).TotalSeconds);
        var elapsed = _clock.GetTimestamp() - _origin;
        for (; _due < elapsed * _perTick; _due++)
        {
            var connection = (int)(_due % _terminals.Connections);
            if (_connections[connection].Free == 0) break; // stays due; its latency grows meanwhile
            var (terminal, number) = _terminals.Next(connection);
            var room = _connections[connection].Publish(_report.Length, _origin + (long)(_due / _perTick), out var id);
            _report.Write(room, terminal, number, id);
            _inFlight++;
        }
        if (_paperOuts is not null) _inFlight += _paperOuts.SendDue(_connections[^1], _origin, elapsed, now.ToUnixTimeMilliseconds());
        foreach (var connection in _connections) connection.Flush();
    }
}
