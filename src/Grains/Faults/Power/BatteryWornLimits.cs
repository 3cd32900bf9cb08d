namespace Fleet.Grains.Faults;

/// <summary>When a battery is to be replaced. Batteries of terminals are rated for 300 to 500 cycles to 80 % of what they held when new.</summary>
public sealed record BatteryWornLimits
{
    /// <summary>Capacity against new (0 to 1) that is too little, and that of a battery that is good.</summary>
    public double WornHealth { get; init; } = 0.6;
    public double GoodHealth { get; init; } = 0.8;

    /// <summary>Charge cycles that wear out a battery that does not tell its health.</summary>
    public long WornCycles { get; init; } = 800;

    /// <summary>How long a full charge lasts against what it lasted at its best (0 to 1): too little, and good.</summary>
    public double WornRuntimeShare { get; init; } = 0.6;
    public double GoodRuntimeShare { get; init; } = 0.8;

    /// <summary>°C that no healthy battery has, and those it must have cooled to; lithium cells swell and may burn past 60 °C.</summary>
    public double HotCelsius { get; init; } = 60;
    public double CooledCelsius { get; init; } = 45;

    /// <summary>For how long a sign must last: one reading of a gauge is not believed.</summary>
    public TimeSpan HoldFor { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long before a battery may be worn its replacement is proposed.</summary>
    public TimeSpan ForeseeWithin { get; init; } = TimeSpan.FromDays(30);

    internal IEnumerable<string> Check() =>
    [
        .. FaultLimits.Range("BatteryWorn:ForeseeWithin", ForeseeWithin, TimeSpan.Zero, TimeSpan.FromDays(365)),
        .. FaultLimits.Range("BatteryWorn:WornHealth", WornHealth, 0.1, 0.95),
        .. FaultLimits.Range("BatteryWorn:GoodHealth", GoodHealth, 0.2, 1),
        .. FaultLimits.Below("BatteryWorn:WornHealth", WornHealth, "BatteryWorn:GoodHealth", GoodHealth),
        .. FaultLimits.Range("BatteryWorn:WornCycles", WornCycles, 50, 10_000),
        .. FaultLimits.Range("BatteryWorn:WornRuntimeShare", WornRuntimeShare, 0.1, 0.95),
        .. FaultLimits.Range("BatteryWorn:GoodRuntimeShare", GoodRuntimeShare, 0.2, 1),
        .. FaultLimits.Below("BatteryWorn:WornRuntimeShare", WornRuntimeShare, "BatteryWorn:GoodRuntimeShare", GoodRuntimeShare),
        .. FaultLimits.Range("BatteryWorn:HotCelsius", HotCelsius, 45, 100),
        .. FaultLimits.Range("BatteryWorn:CooledCelsius", CooledCelsius, 20, 90),
        .. FaultLimits.Below("BatteryWorn:CooledCelsius", CooledCelsius, "BatteryWorn:HotCelsius", HotCelsius),
        .. FaultLimits.Range("BatteryWorn:HoldFor", HoldFor, TimeSpan.Zero, TimeSpan.FromDays(1)),
    ];
}
