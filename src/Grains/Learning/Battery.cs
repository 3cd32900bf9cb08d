using System.Runtime.InteropServices;
using Fleet.Grains.Faults;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Learning;

/// <summary>
/// The battery, and how fast it empties: from the discharge that is under way, weighed with what earlier ones took.
/// A discharge lasts while the terminal says it runs on its battery; a charge that rises, a long silence, or a clock that is
/// set, begins another.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Battery : IPart
{
    /// <summary>How many hours of discharge what is known from earlier ones weighs.</summary>
    private const double EarlierHours = 1;

    /// <summary>Weight of the newest discharge in the moving average.</summary>
    private const float NewestWeight = 0.2f;

    /// <summary>What a discharge must have used and lasted to teach anything.</summary>
    private const double LeastUsed = 0.1;
    private const double LeastHours = 0.25;

    /// <summary>A gauge that rises by more than this while on battery is being charged all the same.</summary>
    private const float Rise = 0.02f;
    private const long LongestGapMs = 2 * 3_600_000;

    /// <summary>A time that lies further before the last is by a clock that was set back.</summary>
    private const long LongestFallMs = 60_000;
    private const double HourMs = 3_600_000;

    /// <summary>How far discharges lie from the usual one, before that is learned, and at least and most.</summary>
    private const float UnknownSpread = 0.4f;
    private const float LeastSpread = 0.1f;
    private const float MostSpread = 0.6f;

    /// <summary>So many discharges make what is usual believable.</summary>
    private const int RunsToKnow = 5;

    private byte _source;
    private float _charge;

    /// <summary>When the charge was last read, Unix ms; 0 for never.</summary>
    private Moment _atMs;

    /// <summary>When the discharge under way was first read, Unix ms; 0 while there is none.</summary>
    private Moment _runSinceMs;
    private float _runCharge;

    /// <summary>Share of a full charge an hour takes; 0 while no discharge was seen.</summary>
    private float _usualPerHour;
    private float _spread;

    /// <summary>The least that was ever usual: what it took when it was at its best; 0 while that is not known.</summary>
    private float _bestPerHour;
    private byte _runs;

    public static string Name => "battery";

    /// <summary>Where the power comes from, as last told.</summary>
    public readonly PowerSource Source => (PowerSource)_source;

    /// <summary>The last charge, 0 to 1; null where it never told one.</summary>
    public readonly double? Charge => _atMs == 0 ? null : Math.Round((double)_charge, 4);

    /// <summary>How long a full charge usually lasts, h; 0 while not enough is known.</summary>
    public readonly double UsualHours => _runs >= RunsToKnow && _usualPerHour > 0 ? 1 / _usualPerHour : 0;

    /// <summary>How long it lasted at its best, h; 0 while not enough is known.</summary>
    public readonly double BestHours => _bestPerHour > 0 ? 1 / _bestPerHour : 0;

    /// <param name="atMs">The report's time by our clock, Unix ms.</param>
    public void Hear(Report report, long atMs)
    {
        if (report.Power is not { } power) return;
        if (power.Source is { } source && source != PowerSource.Unknown && source != Source)
        {
            EndRun();
            _source = (byte)source;
        }
        if (power.Battery is { } charge) Read((float)charge, atMs);
    }

    /// <summary>When it will be empty, while the terminal runs on it: at most a month away, as nothing is known further on.</summary>
    public readonly Forecast? Empty(BatteryLimits limits)
    {
        if (_runSinceMs == 0) return null;
        var hours = Math.Max(0, _charge - limits.ShutOffCharge) / PerHour(limits);
        var spread = _usualPerHour > 0 ? Math.Clamp(_spread, LeastSpread, MostSpread) : UnknownSpread;
        return new(AfterHours(hours), AfterHours(hours / (1 + spread)), AfterHours(hours / (1 - spread)));
    }

    /// <summary>Another battery is in: what was learned of the old one says nothing of it.</summary>
    public void Replace() => (_usualPerHour, _spread, _bestPerHour, _runs) = (0, 0, 0, 0);

    /// <summary>The clock was wrong while the discharge was timed: it teaches nothing, and what comes begins another.</summary>
    public void ForgetRun() => _runSinceMs = 0;

    private readonly long AfterHours(double hours) => _atMs + (long)(Math.Min(hours, 30 * 24) * HourMs);

    private readonly double Used => Math.Max(0, _runCharge - _charge);

    private readonly double RunHours => (_atMs - _runSinceMs) / HourMs;

    private readonly double PerHour(BatteryLimits limits)
    {
        var earlier = _usualPerHour > 0 ? _usualPerHour : 1 / limits.UsualHours;
        return ((earlier * EarlierHours) + Used) / (EarlierHours + RunHours);
    }

    private void Read(float charge, long atMs)
    {
        if (_runSinceMs != 0 && (charge > _charge + Rise || atMs - _atMs > LongestGapMs || _atMs - atMs > LongestFallMs)) EndRun();
        (_charge, _atMs) = (charge, atMs);
        if (Source == PowerSource.Battery && _runSinceMs == 0) (_runSinceMs, _runCharge) = (Math.Max(1, atMs), charge);
    }

    private void EndRun()
    {
        if (_runSinceMs != 0 && Used >= LeastUsed && RunHours >= LeastHours) Learn((float)(Used / RunHours));
        _runSinceMs = 0;
    }

    private void Learn(float perHour)
    {
        if (_usualPerHour == 0) (_usualPerHour, _spread) = (perHour, UnknownSpread);
        else
        {
            _spread += NewestWeight * (Math.Abs((perHour / _usualPerHour) - 1) - _spread);
            _usualPerHour += NewestWeight * (perHour - _usualPerHour);
        }
        _runs = (byte)Math.Min(RunsToKnow, _runs + 1);
        if (_runs == RunsToKnow) _bestPerHour = _bestPerHour == 0 ? _usualPerHour : Math.Min(_bestPerHour, _usualPerHour);
    }

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _source);
        codec.Field(ref _charge);
        codec.Field(ref _atMs);
        codec.Field(ref _runSinceMs);
        codec.Field(ref _runCharge);
        codec.Field(ref _usualPerHour);
        codec.Field(ref _spread);
        codec.Field(ref _bestPerHour);
        codec.Field(ref _runs);
    }
}
