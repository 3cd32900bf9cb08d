using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>The next battery before <see cref="BatteryWorn"/>: foreseen from how fast this one wears by its own word.</summary>
internal struct BatteryReplacement : IDetector
{
    private Foresight _foresight;

    public static string Name => "battery-replacement";

    /// <summary>It is no fault.</summary>
    public readonly Alarm Alarm => default;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.Power is null) return;
        var limits = hearing.Limits.BatteryWorn;
        _foresight.See(BatteryWorn.Name, hearing.Learned.Wear.Replacement(limits), limits.ForeseeWithin, hearing.IsRaised<BatteryWorn>(), hearing);
    }

    public void Codec(ref StateCodec codec) => _foresight.Codec(ref codec);
}
