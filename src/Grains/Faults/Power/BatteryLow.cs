using System.Collections.Immutable;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>battery-low</c>: on battery in trading hours, the charge under a threshold and forecast to be used up before the
/// shop closes. Gone on mains or with enough charge. On mains a low charge is being mended; that it does not rise, or
/// that mains were lost, is <see cref="AdapterFault"/>, which it gives way to.
/// </summary>
internal struct BatteryLow : ITimedDetector
{
    private HeldAlarm _alarm;

    public static string Name => "battery-low";

    public readonly Alarm Alarm => _alarm.Alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.Power is not null) _alarm.See(_alarm.IsRaised ? !IsSafe(hearing) : IsLow(hearing) && !hearing.IsRaised<AdapterFault>(), hearing.AtMs);
        TurnWhereDue(hearing);
    }

    public void Tick(in Hearing hearing) => TurnWhereDue(hearing);

    public readonly long DueAtMs(FaultLimits limits) => _alarm.TurnsAtMs(limits.Battery.HoldFor, limits.Battery.HoldFor);

    private void TurnWhereDue(in Hearing hearing)
    {
        var dueAtMs = DueAtMs(hearing.Limits);
        if (dueAtMs != 0 && hearing.AtMs >= dueAtMs) _alarm.Turn(Name, hearing, Evidence(hearing));
    }

    private static bool IsSafe(in Hearing hearing) =>
        hearing.Learned.Battery.Source == PowerSource.Mains || hearing.Learned.Battery.Charge >= hearing.Limits.Battery.EnoughCharge;

    private static bool IsLow(in Hearing hearing)
    {
        var (battery, limits, atMs) = (hearing.Learned.Battery, hearing.Limits.Battery, hearing.AtMs);
        if (battery.Charge > limits.LowCharge || battery.Empty(limits) is not { } empty) return false;
        if (!hearing.Learned.Hours.IsOpen(atMs)) return false; // nobody is there to plug it in
        return hearing.Learned.Hours.NextClosingMs(atMs) is var closing && (closing == 0 || empty.EarliestMs < closing);
    }

    private static ImmutableArray<Evidence> Evidence(in Hearing hearing)
    {
        var battery = hearing.Learned.Battery;
        var evidence = ImmutableArray.CreateBuilder<Evidence>();
        evidence.Add(new("source", Text: Words.Text(battery.Source)));
        evidence.Add(new("chargePercent", Math.Round(100 * (battery.Charge ?? 0))));
        if (battery.Empty(hearing.Limits.Battery) is { } empty)
        {
            evidence.Add(new("emptyAtMs", empty.AtMs));
            evidence.Add(new("earliestEmptyAtMs", empty.EarliestMs));
        }
        if (hearing.Learned.Hours.NextClosingMs(hearing.AtMs) is > 0 and var closing) evidence.Add(new("closingAtMs", closing));
        return evidence.ToImmutable();
    }

    public void Codec(ref StateCodec codec) => _alarm.Codec(ref codec);
}
