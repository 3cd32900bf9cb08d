namespace Fleet.Grains.Neighbours;

/// <summary>How many faults begin in an hour while nothing is wrong with the group: a mean that forgets over a week.</summary>
internal sealed class UsualRate(double prior)
{
    private const double MsPerHour = 3_600_000;
    private const double MemoryHours = 168;

    private double _began;
    private double _hours;
    private long _atMs;

    public void Began(long atMs)
    {
        Pass(atMs);
        _began++;
    }

    /// <summary>The prior weighs as much as one day.</summary>
    public double PerMemberHour(long untilMs, int members)
    {
        Pass(untilMs);
        return (prior * members * 24 + _began) / (members * (24 + _hours));
    }

    private void Pass(long atMs)
    {
        if (_atMs == 0) _atMs = atMs;
        if (atMs <= _atMs) return;
        var hours = (atMs - _atMs) / MsPerHour;
        var kept = Math.Exp(-hours / MemoryHours);
        (_began, _hours, _atMs) = (_began * kept, _hours * kept + hours, atMs);
    }
}
