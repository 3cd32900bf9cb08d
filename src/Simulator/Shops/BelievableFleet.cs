using System.Collections.Immutable;

namespace Fleet.Simulator.Shops;

/// <summary>Shops, their terminals and all that befalls them, from one seed. Building it twice gives the same fleet.</summary>
public sealed class BelievableFleet
{
    private const long HourMs = 3_600_000, DayMs = 24 * HourMs;

    /// <summary>Single faults a terminal and month: fewer than the seven tickets of the data set in faults.md, so that each can be attributed.</summary>
    private const double PlightsPerMonth = 3;

    /// <summary>Of the day in UTC: morning in Europe, afternoon in China.</summary>
    private const int CarrierOutageHour = 9;

    private static readonly int[] s_offsets = [0, 1, 8];
    private readonly List<Shop> _shops = [];
    private readonly List<int> _shopOf = [];
    private readonly List<List<Plight>> _plights = [];
    private readonly List<FaultTruth> _truths = [];
    private readonly ulong _seed;
    private Dice _dice;

    /// <param name="days">Days in which things befall them.</param>
    /// <param name="seed">The same seed makes the same fleet.</param>
    /// <param name="quietDays">Days before those in which nothing does: opening hours and usual values can be learned.</param>
    /// <param name="isHealthy">Nothing ever does.</param>
    public BelievableFleet(int terminals, int days, long startMs, ulong seed, int quietDays = 0, bool isHealthy = false)
    {
        (_seed, _dice, StartMs, QuietToMs) = (seed, new Dice(seed), startMs, startMs + quietDays * DayMs);
        EndMs = QuietToMs + days * DayMs;
        while (_shopOf.Count < terminals) Open(terminals);
        if (isHealthy) return;
        FailTogether();
        for (var terminal = 0; terminal < terminals; terminal++) Afflict(terminal);
        CutPower();
        foreach (var plights in _plights) plights.Sort((one, other) => one.FromMs.CompareTo(other.FromMs));
    }

    public long StartMs { get; }

    /// <summary>When the quiet days end.</summary>
    public long QuietToMs { get; }

    public long EndMs { get; }

    public int Terminals => _shopOf.Count;

    public IReadOnlyList<FaultTruth> Truths => _truths;

    public IReadOnlyList<Plight> PlightsOf(int terminal) => _plights[terminal];

    public Shop ShopOf(int terminal) => _shops[_shopOf[terminal]];

    public FleetTerminal Terminal(int index) => new(ShopOf(index), _plights[index], index, _seed, StartMs, QuietToMs + (EndMs - QuietToMs) * 2 / 5);

    /// <summary>The catalogue's code an ailment is known by; of a look-alike, the one it resembles.</summary>
    public static string Code(Ailment ailment) => ailment switch
    {
        Ailment.Lorry => "weak-signal",
        Ailment.OneDamagedCard or Ailment.BusyWeek => "reader-fault",
        Ailment.ServerRestart => "link-flapping",
        Ailment.StoredReports => "clock-wrong",
        Ailment.CounterReset => "bad-reports",
        Ailment.Unplugged => "adapter-fault",
        Ailment.PowerCut => "site-outage",
        Ailment.RollEnding => "paper-low",
        _ => string.Concat(ailment.ToString().Select((c, i) => char.IsUpper(c) && i > 0 ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}")),
    };

    private void Open(int most)
    {
        var carrier = _dice.Chance(0.6) ? "46000" : "46001";
        var shop = new Shop($"site-{_shops.Count}", (ShopKind)_dice.Below(5), s_offsets[_dice.Below(3)],
            _dice.Chance(0.5) ? DayOfWeek.Sunday : null, 0.5 + _dice.Share(), _dice.Chance(0.3), carrier,
            $"{carrier}-{1000 + _dice.Below(200)}-c1", -90 + 20 * _dice.Share(), 31 + _dice.Share(), 121 + _dice.Share());
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
        var length = EndMs - QuietToMs;
        // At a time of day at which shops of all zones are open: who is closed cannot show it.
        var outageMs = QuietToMs + length / 2 / DayMs * DayMs + CarrierOutageHour * HourMs;
        Strike(Ailment.CarrierOutage, outageMs, 2 * HourMs, [.. all.Where(t => ShopOf(t).Carrier == "46001" && FleetTerminal.HomeLink(t) == LinkKind.Cellular).Take(500)], "carrier:46001");
        Strike(Ailment.CohortRegression, QuietToMs + length * 3 / 4, 12 * HourMs, [.. all.Where(FleetTerminal.IsFirstToUpdate)], "cohort:app:7.1.0");
        foreach (var site in all.GroupBy(t => _shopOf[t]).Where(site => site.Count() > 2 && _dice.Chance(0.1)))
            if (OpenTime(site.First(), 2 * HourMs) is { } atMs && site.All(t => IsFree(t, atMs, atMs + 2 * HourMs)))
                Strike(Ailment.SiteOutage, atMs, 2 * HourMs, [.. site], $"site:{ShopOf(site.First()).Name}");
        var restartMs = QuietToMs + length / 3;
        Strike(Ailment.ServerRestart, restartMs, 60_000, [.. all.Where(t => IsFree(t, restartMs, restartMs + 60_000))]);
    }

    /// <summary>In shops in which somebody goes on by battery and SIM and the others fall silent. Last, and with dice of their own: all else is as it was before there were any.</summary>
    private void CutPower()
    {
        _dice = new Dice(~_seed);
        foreach (var site in Enumerable.Range(0, Terminals).GroupBy(t => _shopOf[t]))
        {
            var goOn = site.Count(t => FleetTerminal.OutlastsMains(t));
            if (goOn == 0 || goOn == site.Count() || site.Any(t => FleetTerminal.IsPortable(t, ShopOf(t))) || !_dice.Chance(0.5)) continue;
            var lengthMs = (long)(HourMs / 4 + 2 * HourMs * _dice.Share());
            if (OpenTime(site.First(), lengthMs) is { } atMs && site.All(t => IsFree(t, atMs, atMs + lengthMs)))
                Strike(Ailment.PowerCut, atMs, lengthMs, [.. site], $"site:{ShopOf(site.First()).Name}");
        }
    }

    private void Afflict(int terminal)
    {
        var count = PlightsPerMonth * (EndMs - QuietToMs) / (30.0 * DayMs);
        for (var left = (int)count + (_dice.Chance(count - (int)count) ? 1 : 0); left > 0; left--)
        {
            var ailment = Draw(terminal);
            var lengthMs = LengthMs(ailment);
            if (OpenTime(terminal, lengthMs) is { } atMs) Strike(ailment, atMs, lengthMs, [terminal]);
        }
    }

    private Ailment Draw(int terminal)
    {
        while (true)
            if (Draw() is var ailment && CanBefall(ailment, terminal, ShopOf(terminal))) return ailment;
    }

    /// <summary>
    /// Who has no cable or no battery cannot lose it, who sends over one has no use for the radio, and who is carried around is not
    /// unplugged. Dirt comes of use: of some forty swipes a day and more.
    /// </summary>
    private static bool CanBefall(Ailment ailment, int terminal, Shop shop) => ailment switch
    {
        Ailment.NetworkCable => FleetTerminal.HomeLink(terminal) == LinkKind.Wired,
        Ailment.WeakSignal or Ailment.Lorry or Ailment.SimFault => FleetTerminal.HomeLink(terminal) == LinkKind.Cellular,
        Ailment.BatteryLow => FleetTerminal.IsPortable(terminal, shop),
        Ailment.BatteryWorn => FleetTerminal.HasBattery(terminal),
        Ailment.AdapterFault or Ailment.Unplugged when !FleetTerminal.HasBattery(terminal) => false, // it would be silent
        Ailment.AdapterFault or Ailment.BoardFault or Ailment.Unplugged => !FleetTerminal.IsPortable(terminal, shop),
        Ailment.ReaderDirty => shop.Kind is ShopKind.SupermarketLane || (shop.Kind is ShopKind.Cafe && shop.Busyness >= 1),
        Ailment.SiteOutage or Ailment.CarrierOutage or Ailment.CohortRegression or Ailment.ServerRestart => false,
        _ => true,
    };

    /// <summary>Link trouble in a third and readers in a sixth of the cases, as in the tickets of faults.md; the rest evenly.</summary>
    private Ailment Draw()
    {
        var share = _dice.Share();
        if (share < 0.2) return (Ailment)((int)Ailment.WeakSignal + _dice.Below(5));
        if (share < 0.3) return (Ailment)((int)Ailment.ReaderFault + _dice.Below(3));
        return (Ailment)(1 + _dice.Below((int)Ailment.Unplugged));
    }

    private static long LengthMs(Ailment ailment) => ailment switch
    {
        Ailment.Lorry => 70_000,
        Ailment.BadCard or Ailment.OneDamagedCard => 240_000,
        Ailment.StoredReports => 120_000,
        Ailment.CounterReset => 600_000,
        Ailment.Unplugged => 300_000, // somebody needed the socket
        Ailment.BatteryWorn or Ailment.SoftwareOutdated => 24 * HourMs,
        Ailment.ReaderFault => 24 * HourMs, // nobody mends it overnight
        Ailment.ReceiptMismatch => 3 * DayMs, // until somebody checks the slips
        Ailment.ReaderDirty => 12 * DayMs, // and then it is cleaned
        _ => 6 * HourMs,
    };

    /// <summary>A moment at which the shop is open, the terminal has nothing else for an hour around, and it ends in time; null where a few draws find none.</summary>
    private long? OpenTime(int terminal, long lengthMs)
    {
        for (var tries = 0; tries < 40; tries++)
        {
            var atMs = QuietToMs + HourMs + (long)(_dice.Share() * (EndMs - QuietToMs - lengthMs - 2 * HourMs));
            if (atMs > QuietToMs && ShopOf(terminal).IsOpen(atMs) && ShopOf(terminal).IsOpen(atMs + 3 * HourMs) && IsFree(terminal, atMs, atMs + lengthMs)) return atMs;
        }
        return null;
    }

    private bool IsFree(int terminal, long fromMs, long toMs) =>
        _plights[terminal].TrueForAll(plight => toMs + HourMs < plight.FromMs || plight.ToMs + HourMs < fromMs);

    private void Strike(Ailment ailment, long fromMs, long lengthMs, ImmutableArray<int> terminals, string? group = null)
    {
        terminals = [.. terminals.Where(terminal => IsFree(terminal, fromMs, fromMs + lengthMs))];
        if (terminals.IsEmpty) return;
        foreach (var terminal in terminals) _plights[terminal].Add(new(ailment, fromMs, fromMs + lengthMs));
        _truths.Add(new(Code(ailment), ailment, fromMs, fromMs + lengthMs, terminals, MustAlarm: ailment is < Ailment.Lorry or Ailment.PowerCut, group));
    }
}
