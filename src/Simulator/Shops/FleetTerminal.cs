namespace Fleet.Simulator.Shops;

/// <summary>One terminal of a <see cref="BelievableFleet"/>. Pure: the same fleet and steps give the same readings.</summary>
public sealed class FleetTerminal
{
    public const double ReceiptsPerRoll = RollMetres / MetresPerReceipt;

    private const double RollMetres = 32, MetresPerReceipt = 0.12, DrainPerHour = 0.12, PortableDrainPerHour = 0.04, ChargePerHour = 0.5;

    /// <summary>A battery that holds 80 % after 500 cycles, as they are sold.</summary>
    private const double WearPerCycle = 0.2 / 500;
    private readonly Shop _shop;
    private readonly IReadOnlyList<Plight> _plights;
    private readonly bool _isPortable, _outlastsMains;
    private readonly double _driftPpm;
    private readonly long _updatesAtMs;
    private Dice _dice;
    private Readings _now;
    private long _bootedAtMs, _lastMs;
    private int _next;
    private double _radio, _changeBelow, _clockOffMs, _cycled;
    private Ailment _before;

    internal FleetTerminal(Shop shop, IReadOnlyList<Plight> plights, int index, ulong seed, long startMs, long rolloutMs)
    {
        (_shop, _plights, _dice, _lastMs) = (shop, plights, new Dice(seed * 1_000_003 + (ulong)index), startMs);
        Serial = SerialOf(index);
        (_isPortable, _outlastsMains) = (IsPortable(index, shop), OutlastsMains(index));
        _clockOffMs = 2_000 * _dice.Normal();
        _driftPpm = 20 * _dice.Normal(); // a plain quartz
        _updatesAtMs = rolloutMs + _dice.Below(6 * 3_600_000);
        _bootedAtMs = startMs - _dice.Below(86_400) * 1000L;
        _changeBelow = ChangesBelow();
        _now = new Readings
        {
            Paper = 0.3 + 0.7 * _dice.Share(), HasBattery = HasBattery(index), Battery = 0.9, Cycles = 20 + _dice.Below(300),
            Lines = _dice.Below(400_000), Cuts = _dice.Below(9_000), Celsius = 27 + 6 * _dice.Share(), StorageFree = 900_000_000,
            Cell = shop.Cell, Carrier = shop.Carrier, Iccid = $"8986{index:D15}", Firmware = "1.4.2", App = "7.0.1",
            Patch = "2026-01", Latitude = shop.Latitude, Longitude = shop.Longitude, Link = HomeLink(index),
        };
        _now.Health = 1 - WearPerCycle * _now.Cycles - 0.02 * _dice.Share();
    }

    public string Serial { get; }

    public static string SerialOf(int index) => $"S{index:D6}";

    /// <summary>What it usually sends over: half of them over the air.</summary>
    internal static LinkKind HomeLink(int index) => (index % 10) switch { < 5 => LinkKind.Cellular, < 7 => LinkKind.Wifi, _ => LinkKind.Wired };

    /// <summary>The terminals that stand at a counter on a cable often have none.</summary>
    internal static bool HasBattery(int index) => index % 10 is not (8 or 9);

    /// <summary>Whether it is heard when the shop has no power: the router is dark then.</summary>
    internal static bool OutlastsMains(int index) => HasBattery(index) && HomeLink(index) == LinkKind.Cellular;

    /// <summary>Whether it is carried to the customer: on its battery while the shop is open, on its cradle at night.</summary>
    internal static bool IsPortable(int index, Shop shop) => !shop.SwitchesOffAtNight && index % 10 is 4 or 6;

    /// <summary>Whether it is one of those that try a new version before the others.</summary>
    internal static bool IsFirstToUpdate(int index) => index % 20 == 3;

    /// <summary>Lives until <paramref name="toMs"/> and says what it then reports.</summary>
    public ref readonly Readings Advance(long toMs)
    {
        var hours = (toMs - _lastMs) / 3_600_000.0;
        _lastMs = toMs;
        while (_next < _plights.Count && _plights[_next].ToMs <= toMs) _next++;
        var plight = _next < _plights.Count && _plights[_next].IsAt(toMs) ? _plights[_next] : default;
        var ailment = plight.Ailment;
        var isNight = _shop.SwitchesOffAtNight && !_shop.IsOpen(toMs);
        _now.Reconnected = ailment == Ailment.LinkFlapping || (ailment == Ailment.ServerRestart && _before != ailment);
        _now.IsSilent = isNight || ailment is Ailment.Offline or Ailment.SiteOutage or Ailment.CarrierOutage || (ailment == Ailment.PowerCut && !_outlastsMains);
        var livesOn = (_now.HasBattery && ailment is Ailment.SiteOutage or Ailment.PowerCut) || ailment == Ailment.CarrierOutage; // unheard
        if (_now.IsSilent && !livesOn) _bootedAtMs = toMs;
        if (_before is Ailment.SiteOutage or Ailment.PowerCut && ailment != _before && !_now.HasBattery) _now.Reboots++; // mains are back
        if (!_now.IsSilent) Live(toMs, hours, plight);
        _before = ailment;
        return ref _now;
    }

    private void Live(long toMs, double hours, Plight plight)
    {
        var ailment = plight.Ailment;
        var customers = _shop.CustomersPerHour(toMs) * hours * (ailment == Ailment.BusyWeek ? 3 : 1);
        for (; customers > 0; customers--)
            if (_dice.Chance(Math.Min(1, customers))) Serve(ailment, (toMs - plight.FromMs) / (double)Math.Max(1, plight.ToMs - plight.FromMs));
        if (_dice.Chance(hours / 200)) Reboot(toMs, resets: false);
        Update(ailment, toMs);
        Health(ailment, toMs, hours);
        Radio(ailment, toMs, hours);
        Paper(ailment);
        (_now.Seq, _now.UptimeSeconds) = (_now.Seq + 1, (toMs - _bootedAtMs) / 1000);
        // Stored reports are stated at their own time and delivered together when the link is back.
        _clockOffMs += _driftPpm * hours * 3.6; // of an hour a millionth is 3.6 ms
        _now.IsRepeated = _dice.Chance(0.002);
        (_now.AtMs, _now.ReceivedAtMs) = (toMs + (long)_clockOffMs + (ailment == Ailment.ClockWrong ? 7_200_000 : 0), ailment == Ailment.StoredReports ? plight.ToMs : toMs + 200);
    }

    /// <summary>A good version for everybody, and a bad one that some try, which is followed by a better one.</summary>
    private void Update(Ailment ailment, long toMs)
    {
        var app = ailment == Ailment.CohortRegression ? "7.1.0" : _before == Ailment.CohortRegression ? "7.1.1" : _now.App == "7.0.1" && toMs >= _updatesAtMs ? "7.0.2" : _now.App;
        if (app == _now.App) return;
        _now.App = app;
        Reboot(toMs, resets: false);
    }

    private void Serve(Ailment ailment, double age)
    {
        var (swipes, taps) = (_dice.Chance(0.2), _dice.Chance(0.6));
        ref var slot = ref swipes ? ref _now.Swipe : ref taps ? ref _now.Tap : ref _now.Chip;
        var fails = !swipes ? 0.008 : ailment switch { Ailment.ReaderFault => 0.6, Ailment.ReaderDirty => 0.02 + 0.06 * Math.Min(1, 2 * age), // not yet what a broken one does
            _ => 0.02 };
        for (var tries = 0; tries < 3; tries++)
        {
            if (!_dice.Chance(fails))
            {
                slot.Ok++;
                break;
            }
            if (tries == 0) slot.Cards++;
            slot.Failed++;
            if (_dice.Chance(0.3)) slot.Unreadable++;
        }
        if (_dice.Chance(ailment == Ailment.Declines ? 0.7 : 0.03)) Decline(ailment);
        else Sell(ailment);
    }

    private void Sell(Ailment ailment)
    {
        // Without its link it takes payments all the same, and sends them when that is back.
        if (ailment == Ailment.StoredReports) _now.Unsent++;
        else (_now.Approved, _now.Unsent) = (_now.Approved + 1 + _now.Unsent, 0);
        _now.Amount += (long)(_shop.UsualAmount * (0.2 + 1.6 * _dice.Share()));
        if (_now.Paper <= 0) return;
        _now.Receipts += ailment == Ailment.ReceiptMismatch ? 2 : 1;
        (_now.Lines, _now.Cuts, _now.Paper) = (_now.Lines + 32, _now.Cuts + 1, Math.Max(0, _now.Paper - MetresPerReceipt / RollMetres));
    }

    private void Decline(Ailment ailment)
    {
        switch (ailment == Ailment.Declines ? 4 : _dice.Below(8))
        {
            case 4: _now.Declined91++; break;
            case 0 or 1 or 5: _now.Declined51++; break;
            case 2 or 6: _now.Declined55++; break;
            case 3: _now.Declined75++; break;
            default: _now.Declined61++; break;
        }
    }

    /// <summary>Some staff change a roll at the first coloured stripe, some at the last receipt.</summary>
    private double ChangesBelow() => 0.01 + 0.24 * _dice.Share();

    private void Paper(Ailment ailment)
    {
        if (_before != ailment && ailment == Ailment.PaperLow) _now.Paper = Math.Min(_now.Paper, 0.04);
        if (ailment == Ailment.PaperOut) _now.Paper = 0;
        else if (ailment != Ailment.PaperLow && _now.Paper < _changeBelow) (_now.Paper, _changeBelow) = (1, ChangesBelow());
        _now.Printer = ailment switch
        {
            Ailment.PaperJam => PrinterSays.Jam,
            Ailment.CoverOpen => PrinterSays.CoverOpen,
            Ailment.PrintHeadFault when _dice.Chance(0.4) => PrinterSays.Malfunction,
            Ailment.BoardFault => PrinterSays.VoltageLow,
            _ => _now.Paper > 0 ? PrinterSays.Ok : PrinterSays.PaperOut,
        };
        if (_now.Printer is not (PrinterSays.Ok or PrinterSays.PaperOut or PrinterSays.CoverOpen)) _now.PrinterFaults++;
        _now.HeadCelsius = ailment == Ailment.PrintHeadFault ? 76 : 38;
    }

    private void Radio(Ailment ailment, long toMs, double hours)
    {
        // Ornstein-Uhlenbeck with a memory of two minutes; deviation 4 dB swings by 20 dB within minutes, as the traces do.
        var kept = Math.Exp(-hours * 30);
        _radio = kept * _radio + Math.Sqrt(1 - kept * kept) * _dice.Normal();
        var isWeak = ailment is Ailment.WeakSignal or Ailment.Lorry;
        (_now.RsrpDbm, _now.SnrDb) = (Math.Round((isWeak ? -119 : _shop.RsrpDbm) + 4 * _radio), Math.Round((isWeak ? -5 : 12 - 3 * _shop.CellLoad(toMs)) + 2 * _radio, 1));
        _now.SimDenied = ailment == Ailment.SimFault;
        if (ailment == Ailment.SimSwapped && _before != ailment) _now.Iccid += "9";
        var isMoved = ailment == Ailment.MovedOrStolen;
        (_now.Latitude, _now.Cell) = (_shop.Latitude + (isMoved ? 0.9 : 0), isMoved ? "46000-9999-c9" : _shop.Cell);
        // Without its cable a terminal is still heard: over its SIM.
        if (ailment == Ailment.NetworkCable || _before == Ailment.NetworkCable) _now.Link = ailment == Ailment.NetworkCable ? LinkKind.Cellular : LinkKind.Wired;
    }

    private void Health(Ailment ailment, long toMs, double hours)
    {
        if (_before != ailment && ailment == Ailment.BatteryLow) _now.Battery = 0.15; // nobody put it on its cradle
        _now.OnMains = ailment switch { Ailment.BatteryLow or Ailment.Unplugged or Ailment.PowerCut => false, Ailment.AdapterFault => _dice.Chance(0.3), _ => !_isPortable || !_shop.IsOpen(toMs) };
        if (_now.OnMains && ailment != Ailment.AdapterFault) _now.Battery = Math.Min(1, _now.Battery + hours * ChargePerHour);
        else Discharge(hours * (_isPortable ? PortableDrainPerHour : DrainPerHour) / _now.Health);
        _now.Volts = ailment is Ailment.BoardFault or Ailment.NoStart ? 3.2 : Math.Round(3.5 + 0.7 * _now.Battery, 2);
        if (ailment == Ailment.BatteryWorn) (_now.Health, _now.Celsius) = (0.5, 46);
        else if (_before == Ailment.BatteryWorn) (_now.Health, _now.Celsius, _now.Cycles) = (1, 30, 0);
        _now.MemoryFree = ailment == Ailment.MemoryLow ? 6_000_000 : 120_000_000 + _dice.Below(20_000_000);
        _now.StorageFree = ailment == Ailment.StorageLow ? 12_000_000 : 900_000_000;
        if (ailment is Ailment.SystemFault or Ailment.CohortRegression && _dice.Chance(hours * 2)) _now.Crashes++;
        if (ailment == Ailment.NoStart || (ailment == Ailment.CounterReset && _before != ailment)) Reboot(toMs, ailment == Ailment.CounterReset);
        if (ailment == Ailment.BadReports && _dice.Chance(0.2)) _now.Approved = Math.Max(0, _now.Approved - 5);
        if (ailment is Ailment.BadCard or Ailment.OneDamagedCard) (_now.Swipe.Failed, _now.Swipe.Unreadable, _now.Swipe.Cards) = (_now.Swipe.Failed + 3, _now.Swipe.Unreadable + 3, _now.Swipe.Cards + (_before != ailment ? 1 : 0));
        _now.Error = ailment == Ailment.ErrorCode ? "E205" : null;
        _now.Patch = ailment == Ailment.SoftwareOutdated ? "2023-01" : "2026-01";
        (_now.Tamper, _now.PasswordLocked) = (ailment == Ailment.Tamper, ailment == Ailment.PasswordLocked);
    }

    /// <summary>A full charge that was used in parts is a cycle; each takes a little of what the battery holds.</summary>
    private void Discharge(double share)
    {
        _now.Battery = Math.Max(0.02, _now.Battery - share);
        _cycled += share;
        for (; _cycled >= 1; _cycled--) (_now.Cycles, _now.Health) = (_now.Cycles + 1, _now.Health - WearPerCycle);
    }

    private void Reboot(long atMs, bool resets)
    {
        (_bootedAtMs, _now.Reboots) = (atMs, _now.Reboots + 1);
        _clockOffMs = 2_000 * _dice.Normal(); // a start asks for the time
        if (resets) (_now.Approved, _now.Amount, _now.Receipts, _now.Lines, _now.Swipe, _now.Chip, _now.Tap) = (0, 0, 0, 0, default, default, default);
    }
}
