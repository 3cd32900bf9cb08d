using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Learning;

/// <summary>All cumulative counters of a terminal, in one place: what detectors hear is how much they grew.</summary>
internal struct Counters : IPart
{
    private ReadCounters _swipe, _chip, _tap;
    private Counter _approved, _receipts;
    private WideCounter _amount;
    private Counter _funds, _wrongPin, _limit, _pinTries, _issuerDown;
    private Counter _lines, _cuts, _printerFaults;
    private Counter _reboots, _crashes;
    private Counter _voids, _refunds;

    public static string Name => "counters";

    public Growth Grow(Report report)
    {
        var (reader, payment, printer, system) = (report.Reader, report.Payment, report.Printer, report.System);
        var wentBack = false;
        var (voids, refunds) = (Grow(ref _voids, payment?.Voids, ref wentBack), Grow(ref _refunds, payment?.Refunds, ref wentBack));
        return new(
            _swipe.Grow(reader?.Swipe, ref wentBack), _chip.Grow(reader?.Chip, ref wentBack), _tap.Grow(reader?.Tap, ref wentBack),
            Grow(ref _approved, payment?.Approved, ref wentBack), Grow(ref _receipts, payment?.Receipts, ref wentBack), Takings(payment?.Amount, ref wentBack),
            Grow(payment?.Declined, ref wentBack),
            Grow(ref _lines, printer?.Lines, ref wentBack), Grow(ref _cuts, printer?.Cuts, ref wentBack), Grow(ref _printerFaults, printer?.Faults, ref wentBack),
            Events(ref _reboots, system?.Reboots), Events(ref _crashes, system?.Crashes),
            IsNewRoll: false)
        {
            Voids = voids,
            Refunds = refunds,
            WentBack = wentBack,
        };
    }

    /// <summary>Codes that a report leaves out stay as they were. Of the other codes only a sum could be kept, which falls when one is left out.</summary>
    private DeclinesGrown Grow(Decline[]? declined, ref bool wentBack)
    {
        if (declined is null) return default;
        long? funds = null, wrongPin = null, limit = null, pinTries = null, issuerDown = null;
        foreach (var (code, count) in declined)
        {
            switch (code)
            {
                case "51": funds = count; break;
                case "55": wrongPin = count; break;
                case "61": limit = count; break;
                case "75": pinTries = count; break;
                case "91": issuerDown = count; break;
                default: break;
            }
        }
        return new(
            Grow(ref _funds, funds, ref wentBack), Grow(ref _wrongPin, wrongPin, ref wentBack), Grow(ref _limit, limit, ref wentBack),
            Grow(ref _pinTries, pinTries, ref wentBack), Grow(ref _issuerDown, issuerDown, ref wentBack));
    }

    /// <summary>Reboots and crashes outlive a reboot: lower than before is another count, and nothing is known of what it counts.</summary>
    private static long Events(ref Counter counter, long? value)
    {
        var grown = counter.Grow(value, out var wentBack);
        return wentBack ? 0 : grown;
    }

    private static long Grow(ref Counter counter, long? value, ref bool wentBack)
    {
        var grown = counter.Grow(value, out var back);
        wentBack |= back;
        return grown;
    }

    private long Takings(long? amount, ref bool wentBack)
    {
        var grown = _amount.Grow(amount, out var back);
        wentBack |= back;
        return grown;
    }

    public void Codec(ref StateCodec codec)
    {
        _swipe.Codec(ref codec);
        _chip.Codec(ref codec);
        _tap.Codec(ref codec);
        _approved.Codec(ref codec);
        _receipts.Codec(ref codec);
        _amount.Codec(ref codec);
        _funds.Codec(ref codec);
        _wrongPin.Codec(ref codec);
        _limit.Codec(ref codec);
        _pinTries.Codec(ref codec);
        _issuerDown.Codec(ref codec);
        _lines.Codec(ref codec);
        _cuts.Codec(ref codec);
        _printerFaults.Codec(ref codec);
        _reboots.Codec(ref codec);
        _crashes.Codec(ref codec);
        _voids.Codec(ref codec);
        _refunds.Codec(ref codec);
    }
}
