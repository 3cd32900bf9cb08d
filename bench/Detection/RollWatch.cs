using Fleet.Simulator.Shops;

namespace Fleet.Bench.Detection;

/// <summary>
/// What is true of a roll in normal use, by the paper that is really left: with few receipts to go staff should be told,
/// and those who change no sooner must have been.
/// </summary>
internal struct RollWatch
{
    private const int MayBeSaidFrom = 30, MustBeSaidFrom = 5;

    private long _fromMs;
    private double _least;

    /// <summary>The roll that is not changed yet at the end of days: it may have been said.</summary>
    public readonly FaultTruth? UnderWay(int terminal, long nowMs) =>
        _fromMs == 0 ? null : new("paper-low", Ailment.RollEnding, _fromMs, nowMs, [terminal], MustAlarm: false);

    /// <summary>A roll that ended: to have said so was right, and below some receipts a must.</summary>
    public FaultTruth? Pass(int terminal, in Readings now, long nowMs, IReadOnlyList<Plight> plights)
    {
        var left = now.Paper * FleetTerminal.ReceiptsPerRoll;
        if (left <= MayBeSaidFrom)
        {
            if (_fromMs == 0) (_fromMs, _least) = (nowMs, left);
            _least = Math.Min(_least, left);
            return null;
        }
        if (_fromMs == 0) return null;
        var roll = new Plight(Ailment.PaperLow, _fromMs, nowMs);
        _fromMs = 0;
        // What a plight did to the roll is its own truth.
        var isNatural = !plights.Any(plight => plight.Ailment is Ailment.PaperLow or Ailment.PaperOut && plight.FromMs <= roll.ToMs && roll.FromMs <= plight.ToMs);
        return isNatural && _least <= MustBeSaidFrom
            ? new("paper-low", Ailment.PaperLow, roll.FromMs, roll.ToMs, [terminal], MustAlarm: true)
            : new("paper-low", Ailment.RollEnding, roll.FromMs, roll.ToMs, [terminal], MustAlarm: false);
    }
}
