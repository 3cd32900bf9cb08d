using Fleet.Grains.Learning;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

/// <summary>A terminal that counts its reads by swipe, chip and tap, and reports once a minute.</summary>
internal sealed class CardReads
{
    private readonly Reads[] _reads = [.. Enumerable.Range(0, Ways.Count).Select(_ => new Reads { Ok = 1000, Failed = 20, Unreadable = 2, Cards = 20 })];

    public CardReads(string? model = null)
    {
        Story.Terminal.Profile = new(Model: model);
        Read().FindsNothing();
    }

    public Story Story { get; } = new();
    public double AtSeconds { get; set; }

    public CardReads After(TimeSpan pause)
    {
        AtSeconds += pause.TotalSeconds;
        return this;
    }

    /// <summary>The counters begin again.</summary>
    public CardReads Resets(long ok = 0, long failed = 0)
    {
        for (var way = 0; way < Ways.Count; way++) _reads[way] = new() { Ok = ok, Failed = failed, Unreadable = 0, Cards = failed };
        return this;
    }

    public Story Read(params (Way Way, long Ok, long Failed, long Cards)[] reads)
    {
        foreach (var (way, ok, failed, cards) in reads)
        {
            var before = _reads[(int)way];
            _reads[(int)way] = new() { Ok = before.Ok + ok, Failed = before.Failed + failed, Unreadable = before.Unreadable, Cards = before.Cards + cards };
        }
        return Story.At(AtSeconds += 60).Reports(report => report.Reader = new() { Swipe = _reads[0], Chip = _reads[1], Tap = _reads[2] });
    }
}
