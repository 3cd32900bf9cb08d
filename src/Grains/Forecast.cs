namespace Fleet.Grains;

/// <summary>When something will happen, Unix ms: most likely then, and hardly before or after these.</summary>
[GenerateSerializer, Immutable, Alias("fleet.forecast")]
public readonly record struct Forecast([property: Id(0)] long AtMs, [property: Id(1)] long EarliestMs, [property: Id(2)] long LatestMs);
