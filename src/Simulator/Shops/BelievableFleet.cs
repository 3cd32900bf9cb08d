using System.Collections.Immutable;

namespace Fleet.Simulator.Shops;

/// <summary>Shops, their terminals and all that befalls them, from one seed. Building it twice gives the same fleet.</summary>
public sealed class BelievableFleet
{
    private const long HourMs = 3_600_000, DayMs = 24 * HourMs;

    /// <summary>Single faults a terminal and month: fewer than the seven tickets of the data set in faults.md, so that each can be attributed.</summary>
    private const double PlightsPerMonth = 3;

    private static readonly int[] s_offsets = [0, 1, 8];
    private readonly List<Shop> _shops = [];
    private readonly List<int> _shopOf = [];
    private readonly List<List<Plight>> _plights = [];
    private readonly List<FaultTruth> _truths = [];
    private readonly ulong _seed;
    private Dice _dice;

    public BelievableFleet(int terminals, int days, long startMs, ulong seed)
    {
        (_seed, _dice, StartMs, EndMs) = (seed, new Dice(seed), startMs, startMs + days * DayMs);
        while (_shopOf.Count < terminals) Open(terminals);
        FailTogether();
        for (var terminal = 0; terminal < terminals; terminal++) Afflict(terminal);
        foreach (var plights in _plights) plights.Sort((one, other) => one.FromMs.CompareTo(other.FromMs));
    }

    public long StartMs { get; }

    public long EndMs { get; }

    public int Terminals => _shopOf.Count;

    public IReadOnlyList<FaultTruth> Truths => _truths;

    public IReadOnlyList<Plight> PlightsOf(int terminal) => _plights[terminal];

    public Shop ShopOf(int terminal) => _shops[_shopOf[terminal]];

    public FleetTerminal Terminal(int index) => new(ShopOf(index), _plights[index], index, _seed, StartMs);

    /// <summary>The catalogue's code an ailment is known by; of a look-alike, the one it resembles.</summary>
    public static string Code(Ailment ailment) => ailment switch
    {
        Ailment.Lorry => "weak-signal",
        Ailment.OneDamagedCard or Ailment.BusyWeek => "reader-fault",
        Ailment.ServerRestart => "link-flapping",
        Ailment.StoredReports => "clock-wrong",
        Ailment.CounterReset => "bad-reports",
        Ailment.Unplugged => "adapter-fault",
        _ => string.Concat(ailment.ToString().Select((c, i) => char.IsUpper(c) && i > 0 ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}")),
    };

    private void Open(int most)
    {
        var carrier = _dice.Chance(0.6) ? "46000" : "46001";
        var shop = new Shop($"site-{_shops.Count}", (ShopKind)_dice.Below(5), s_offsets[_dice.Below(3)],
            _dice.Chance(0.5) ? DayOfWeek.Sunday : null, 0.5 + _dice.Share(), _dice.Chance(0.3), carrier,
            $"{carrier}-{1000 + _dice.Below(200)}-c1", -98 + 20 * _dice.Share(), 31 + _dice.Share(), 121 + _dice.Share());
        for (var count = 1 + _dice.Below(6); count > 0 && _shopOf.Count < most; count--)
        {
            _shopOf.Add(_shops.Count);
            _plights.Add([]);
        }
        _shops.Add(shop);
    }

    private void FailTogether()
    {
        var all = Enumerable.Range(0, Terminals);
        var length = EndMs - StartMs;
        Strike(Ailment.CarrierOutage, StartMs + length / 2, 2 * HourMs, [.. all.Where(t => ShopOf(t).Carrier == "46001").Take(500)]);
        Strike(Ailment.CohortRegression, StartMs + length * 3 / 4, 12 * HourMs, [.. all.Where(t => t % 20 == 3)]);
        foreach (var site in all.GroupBy(t => _shopOf[t]).Where(site => site.Count() > 2 && _dice.Chance(0.1)))
            if (OpenTime(site.First(), 2 * HourMs) is { } atMs) Strike(Ailment.SiteOutage, atMs, 2 * HourMs, [.. site]);
        var restartMs = StartMs + length / 3;
        Strike(Ailment.ServerRestart, restartMs, 60_000, [.. all.Where(t => IsFree(t, restartMs, restartMs + 60_000))]);
    }

    private void Afflict(int terminal)
    {
        var count = PlightsPerMonth * (EndMs - StartMs) / (30.0 * DayMs);
        for (var left = (int)count + (_dice.Chance(count - (int)count) ? 1 : 0); left > 0; left--)
        {
            var ailment = Draw();
            var lengthMs = LengthMs(ailment);
            if (OpenTime(terminal, lengthMs) is { } atMs) Strike(ailment, atMs, lengthMs, [terminal]);
        }
    }

    /// <summary>Link trouble in a third and readers in a sixth of the cases, as in the tickets of faults.md; the rest evenly.</summary>
    private Ailment Draw()
    {
        var share = _dice.Share();
        if (share < 0.2) return (Ailment)((int)Ailment.WeakSignal + _dice.Below(5));
        if (share < 0.3) return (Ailment)((int)Ailment.ReaderFault + _dice.Below(3));
        var ailment = (Ailment)(1 + _dice.Below((int)Ailment.Unplugged));
        return ailment is Ailment.SiteOutage or Ailment.CarrierOutage or Ailment.CohortRegression or Ailment.ServerRestart ? Draw() : ailment;
    }

    private static long LengthMs(Ailment ailment) => ailment switch
    {
        Ailment.Lorry => 70_000,
        Ailment.BadCard or Ailment.OneDamagedCard => 240_000,
        Ailment.StoredReports => 120_000,
        Ailment.CounterReset or Ailment.Unplugged => 600_000,
        Ailment.ReaderDirty or Ailment.BatteryWorn or Ailment.SoftwareOutdated => 24 * HourMs,
        _ => 6 * HourMs,
    };

    /// <summary>A moment at which the shop is open, the terminal has nothing else for an hour around, and it ends in time; null where a few draws find none.</summary>
    private long? OpenTime(int terminal, long lengthMs)
    {
        for (var tries = 0; tries < 40; tries++)
        {
            var atMs = StartMs + HourMs + (long)(_dice.Share() * (EndMs - StartMs - lengthMs - 2 * HourMs));
            if (atMs > StartMs && ShopOf(terminal).IsOpen(atMs) && ShopOf(terminal).IsOpen(atMs + 3 * HourMs) && IsFree(terminal, atMs, atMs + lengthMs)) return atMs;
        }
        return null;
    }

    private bool IsFree(int terminal, long fromMs, long toMs) =>
        _plights[terminal].TrueForAll(plight => toMs + HourMs < plight.FromMs || plight.ToMs + HourMs < fromMs);

    private void Strike(Ailment ailment, long fromMs, long lengthMs, ImmutableArray<int> terminals)
    {
        terminals = [.. terminals.Where(terminal => IsFree(terminal, fromMs, fromMs + lengthMs))];
        if (terminals.IsEmpty) return;
        foreach (var terminal in terminals) _plights[terminal].Add(new(ailment, fromMs, fromMs + lengthMs));
        _truths.Add(new(Code(ailment), ailment, fromMs, fromMs + lengthMs, terminals, MustAlarm: ailment < Ailment.Lorry));
    }
}
