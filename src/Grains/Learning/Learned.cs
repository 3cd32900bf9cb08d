using System.Diagnostics.CodeAnalysis;
using Fleet.Grains.Faults;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Learning;

/// <summary>
/// What is known of a terminal apart from its faults: its counters, the last of each reading, and what it usually does.
/// Learned as reports stream by, in bounded memory; detectors read it.
/// </summary>
internal struct Learned
{
    private Counters _counters;
    private LastKnown _last;
    private TradingHours _hours;
    private Reconnects _reconnects;
    private Wear _wear;

    // Packed ones, of odd lengths, last: no gaps.
    private Roll _roll;
    private Battery _battery;
    private Clock _clock;
    private Takings _takings;

    /// <summary>The last value of each reading.</summary>
    [UnscopedRef]
    public readonly ref readonly LastKnown Last => ref _last;

    /// <summary>The paper roll in the printer.</summary>
    [UnscopedRef]
    public readonly ref readonly Roll Roll => ref _roll;

    /// <summary>Its battery, and how long that lasts.</summary>
    [UnscopedRef]
    public readonly ref readonly Battery Battery => ref _battery;

    /// <summary>How worn that is by its own word.</summary>
    [UnscopedRef]
    public readonly ref readonly Wear Wear => ref _wear;

    /// <summary>When it usually trades.</summary>
    [UnscopedRef]
    public readonly ref readonly TradingHours Hours => ref _hours;

    /// <summary>What it usually takes.</summary>
    [UnscopedRef]
    public readonly ref readonly Takings Takings => ref _takings;

    /// <summary>How often it comes back after its session ended.</summary>
    [UnscopedRef]
    public readonly ref readonly Reconnects Reconnects => ref _reconnects;

    /// <summary>How far its clock is off.</summary>
    [UnscopedRef]
    public readonly ref readonly Clock Clock => ref _clock;

    /// <summary>It came back after its session had ended; server time.</summary>
    public void HearReturn(long atMs) => _reconnects.Note(atMs);

    /// <summary>Learns from a new report; answers how much its counters grew.</summary>
    public Growth Hear(Report report, FaultLimits limits, TerminalProfile profile)
    {
        if (_clock.Hear(report))
        {
            _battery.ForgetRun();
            _roll.ForgetTime();
        }
        var atMs = report.AtMs + _clock.SkewMs;
        var growth = _counters.Grow(report);
        var isNewVersion = _last.IsUpdatedBy(report);
        _last.Note(report);
        _hours.BeTold(profile, atMs);
        _takings.Hear(atMs, growth, _hours);
        _hours.Hear(atMs, growth);
        if (_wear.Hear(report)) _battery.Replace();
        _battery.Hear(report, atMs);
        return growth with { IsNewVersion = isNewVersion, IsNewRoll = _roll.Hear(report, atMs, growth, _hours, limits.Paper) };
    }

    public readonly TerminalView Onto(TerminalView view, FaultLimits limits) => _last.Onto(view) with
    {
        ReceiptsLeft = _roll.ReceiptsLeft(limits.Paper) is { } left ? Math.Floor(left) : null,
        SignalClass = SignalClasses.Text(SignalReading.Of(_last.Signal, limits.WeakSignal)?.Class),
        Paper = _roll.Paper,
        PaperEnd = _roll.End(view.LastAtMs + _clock.SkewMs, _hours, limits.Paper),
        BatteryEmpty = _battery.Empty(limits.Battery),
        BatteryReplacement = _wear.Replacement(limits.BatteryWorn),
        UsualPaymentsByHour = _takings.PaymentsByHour(_hours),
        UsualAmountPerPayment = _takings.PerPayment,
    };

    public void EachPart<TVisitor>(ref TVisitor visitor) where TVisitor : struct, IPartVisitor
    {
        visitor.Visit(ref _counters);
        visitor.Visit(ref _last);
        visitor.Visit(ref _roll);
        visitor.Visit(ref _hours);
        visitor.Visit(ref _takings);
        visitor.Visit(ref _reconnects);
        visitor.Visit(ref _clock);
        visitor.Visit(ref _battery);
        visitor.Visit(ref _wear);
    }
}
