using System.Runtime.InteropServices;
using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// The test of one way of reading cards, day by day: does it fail more than it did over the last weeks? The same
/// sequential test as <see cref="ReaderTrial"/>'s, of the usual share against a dirty reader's. While there is evidence
/// nothing is learned, so that a drift does not become usual, and no day's evidence counts for more than its part of
/// the bound, so that one bad day is nothing. 24 bytes.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal struct WearTrial
{
    /// <summary>A reader that never failed yet will fail some day.</summary>
    private const double LeastUsual = 0.005;

    /// <summary>
    /// Share of the bound from which it is foreseen. In a simulation of 60,000 days a clean reader of 2 % and a hundred reads
    /// a day is then called for cleaning every 2.7 years; at half the bound it would be every 14 months.
    /// </summary>
    private const double EnoughToForesee = 0.6;

    private float _usualFailed, _usualReads;

    /// <summary>Log likelihood ratio for a dirty reader, or while it is raised, against it.</summary>
    private float _evidence;
    private ushort _sinceDay;

    private Tally _failedToday, _readsToday;
    private Tally _failedSince, _readsSince;

    public void Count(ReadsGrown grown)
    {
        _failedToday.Add(grown.Counted);
        _readsToday.Add(grown.Good + grown.Counted);
    }

    /// <summary>The day has ended; true when the test is sure of the opposite of <paramref name="isDirty"/>. Its evidence stands until <see cref="Forget"/>.</summary>
    public bool EndDay(int day, bool isDirty, FaultLimits limits, string? model)
    {
        if (_readsToday.Count == 0) return false;
        if (_evidence == 0) (_sinceDay, _failedSince, _readsSince) = ((ushort)day, default, default);
        _failedSince.Add(_failedToday.Count);
        _readsSince.Add(_readsToday.Count);
        var forDirt = LogRatio(limits);
        (_failedToday, _readsToday) = (default, default);
        if (_usualReads < limits.ReaderDirty.ReadsToKnow) return Learn(limits, model);
        return isDirty ? IsCleanAgain(forDirt, limits.ReaderDirty) : IsDirty(forDirt, limits, model);
    }

    /// <summary>
    /// In how many days it will be sure of dirt if evidence comes as it has, and how much more or less that may be; null
    /// while it is not well on the way there, or all of it is of one day. Failures come as a Poisson process does: of n the
    /// standard deviation is √n, and two of it are common.
    /// </summary>
    public readonly (double Days, double Spread)? UntilDirty(int day, ReaderDirtyLimits limits)
    {
        var days = day - _sinceDay;
        if (_evidence == 0 || days < 2) return null; // mostly, and asked with each report
        var bound = Bound(limits);
        if (_evidence < bound * EnoughToForesee) return null;
        return (Math.Max(0, bound - _evidence) / _evidence * days, Math.Min(0.8, 2 / Math.Sqrt(Math.Max(1, _failedSince.Count))));
    }

    /// <summary>The test starts from nothing; what is usual stays known.</summary>
    public void Forget() =>
        (_evidence, _sinceDay, _failedToday, _readsToday, _failedSince, _readsSince) = (0, 0, default, default, default, default);

    private bool IsDirty(double forDirt, FaultLimits limits, string? model)
    {
        var bound = Bound(limits.ReaderDirty);
        _evidence = (float)Math.Max(0, _evidence + Math.Min(forDirt, bound / limits.ReaderDirty.Days));
        if (_evidence == 0) return Learn(limits, model);
        return _evidence >= bound * 0.999; // as many parts as there are days may fall short by a rounding
    }

    private static double Bound(ReaderDirtyLimits limits) => Math.Log((1 - limits.Missed) / limits.FalseAlarm);

    private bool IsCleanAgain(double forDirt, ReaderDirtyLimits limits)
    {
        _evidence = (float)Math.Max(0, _evidence - forDirt);
        return _evidence >= Math.Log((1 - limits.FalseAlarm) / limits.Missed);
    }

    private bool Learn(FaultLimits limits, string? model)
    {
        var prior = limits.Reader.PriorReads;
        if (_usualReads == 0) (_usualFailed, _usualReads) = ((float)(limits.Reader.PriorShareOf(model) * prior), (float)prior);
        var kept = 1 - (1 / (float)limits.ReaderDirty.MemoryDays);
        _usualFailed = (_usualFailed * kept) + _failedSince.Count;
        _usualReads = (_usualReads * kept) + _readsSince.Count;
        Forget();
        return false;
    }

    private readonly double Usual(ReaderLimits limits) => Math.Clamp((double)_usualFailed / _usualReads, LeastUsual, limits.LargestUsualShare);

    /// <summary>
    /// What is usual was measured, too: of a reader that happened to fail less than it does while that was learned, what is as
    /// ever looks like dirt. So the test is against the most that the usual may well be.
    /// </summary>
    private readonly double MostUsual(FaultLimits limits)
    {
        var usual = Usual(limits.Reader);
        var deviation = Math.Sqrt(usual * (1 - usual) / _usualReads);
        return Math.Min(limits.Reader.LargestUsualShare, usual + (limits.ReaderDirty.Doubt * deviation));
    }

    private readonly double LogRatio(FaultLimits limits)
    {
        if (_usualReads == 0) return 0;
        var usual = MostUsual(limits);
        var dirty = Math.Max(limits.ReaderDirty.LeastShare, limits.ReaderDirty.Ratio * usual);
        var good = _readsToday.Count - _failedToday.Count;
        return (_failedToday.Count * Math.Log(dirty / usual)) + (good * Math.Log((1 - dirty) / (1 - usual)));
    }

    public readonly Evidence[] Evidence(int day, ReaderLimits limits) =>
    [
        new("failed", _failedSince.Count),
        new("reads", _readsSince.Count),
        new("failedPercent", Math.Round(100d * _failedSince.Count / Math.Max(1, _readsSince.Count), 1)),
        new("usualPercent", Math.Round(100 * Usual(limits), 1)),
        new("days", _readsSince.Count == 0 ? 0 : day - _sinceDay + 1),
    ];

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _usualFailed);
        codec.Field(ref _usualReads);
        codec.Field(ref _evidence);
        int sinceDay = _sinceDay;
        codec.Field(ref sinceDay);
        _sinceDay = (ushort)sinceDay;
        _failedToday.Codec(ref codec);
        _readsToday.Codec(ref codec);
        _failedSince.Codec(ref codec);
        _readsSince.Codec(ref codec);
    }
}
