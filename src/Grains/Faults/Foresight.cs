using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// Whether it was said that a fault is coming, so that it is said once: when the forecast's earliest time is near, and
/// withdrawn when there is no forecast any more or it is far off again. 6 bytes.
/// </summary>
internal struct Foresight
{
    /// <summary>So many times as far off is far off again.</summary>
    private const double FarAgain = 1.5;

    private Alarm _said;

    /// <param name="fault">The one that is coming.</param>
    /// <param name="within">How near its earliest time must be.</param>
    /// <param name="isThere">It has come: its alert asks for the work itself.</param>
    public void See(string fault, Forecast? forecast, TimeSpan within, bool isThere, in Hearing hearing)
    {
        var daysAhead = forecast is { } known ? TimeSpan.FromMilliseconds(known.EarliestMs - hearing.AtMs) : TimeSpan.MaxValue;
        if (!_said.IsRaised && !isThere && daysAhead <= within) hearing.Foresee(fault, ref _said, forecast);
        else if (_said.IsRaised && daysAhead > within * FarAgain) hearing.Foresee(fault, ref _said, forecast: null);
    }

    public void Codec(ref StateCodec codec) => _said.Codec(ref codec);
}
