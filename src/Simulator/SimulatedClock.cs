namespace Fleet.Simulator;

/// <summary>
/// Simulated time against real time: it starts in the past, runs at a speed until it has caught up with the present, and
/// from then on is the present. So no report ever comes from the future.
/// </summary>
public sealed class SimulatedClock
{
    private readonly double _speed;

    private SimulatedClock(DateTimeOffset realStart, DateTimeOffset start, double speed, TimeSpan catchUp)
    {
        (RealStart, Start, _speed) = (realStart, start, speed);
        CaughtUp = realStart + catchUp;
    }

    public DateTimeOffset RealStart { get; }

    /// <summary>The simulated time at which it all begins.</summary>
    public DateTimeOffset Start { get; }

    /// <summary>When simulated and real time are the same from.</summary>
    public DateTimeOffset CaughtUp { get; }

    /// <summary>A clock that catches up after <paramref name="realLength"/>: it starts speed times that before its end.</summary>
    public static SimulatedClock OverRealTime(DateTimeOffset realStart, double speed, TimeSpan realLength) =>
        new(realStart, realStart - (speed - 1) * realLength, speed, realLength);

    /// <summary>A clock that starts at a given time of the past and catches up as soon as its speed allows.</summary>
    public static SimulatedClock From(DateTimeOffset start, DateTimeOffset realStart, double speed)
    {
        if (start > realStart) throw new ArgumentOutOfRangeException(nameof(start), start, "A simulation cannot start in the future.");
        if (speed <= 1 && start < realStart) throw new ArgumentOutOfRangeException(nameof(speed), speed, "A start in the past needs a speed above 1 to catch up.");
        return new(realStart, start, speed, start == realStart ? TimeSpan.Zero : (realStart - start) / (speed - 1));
    }

    /// <summary>The real moment of a simulated one.</summary>
    public DateTimeOffset RealAt(DateTimeOffset simulated) =>
        simulated >= CaughtUp ? simulated : RealStart + (simulated - Start) / _speed;

    /// <summary>How long a simulated interval that begins now takes in reality.</summary>
    public TimeSpan RealInterval(DateTimeOffset simulated, TimeSpan interval) => RealAt(simulated + interval) - RealAt(simulated);
}
