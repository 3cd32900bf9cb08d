namespace Fleet.Grains.Faults;

/// <summary>The versions that terminals must have.</summary>
public sealed record SoftwareLimits
{
    /// <summary>By model, as the registry names it; <c>*</c> for models that are not named.</summary>
    public IReadOnlyDictionary<string, RequiredVersions> Required { get; init; } = new Dictionary<string, RequiredVersions>();

    internal RequiredVersions? For(string? model) =>
        model is not null && Required.TryGetValue(model, out var required) ? required : Required.GetValueOrDefault("*");

    internal IEnumerable<string> Check() =>
        from required in Required
        from version in new[] { required.Value.Firmware, required.Value.App, required.Value.Patch }
        where version is not null && !VersionText.HasNumber(version)
        select $"Faults:Software:Required:{required.Key} names the version {version}; it must have a number to compare.";
}

/// <summary>The least versions of one model; null where any will do.</summary>
/// <param name="Patch">Security patch level, <c>2026-08</c> or <c>2026-08-05</c>.</param>
public sealed record RequiredVersions(string? Firmware = null, string? App = null, string? Patch = null);
