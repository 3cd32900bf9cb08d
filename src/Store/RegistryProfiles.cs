using System.Collections.Concurrent;
using System.Collections.Immutable;
using Fleet.Grains.Terminals;

namespace Fleet.Store;

/// <summary>The registry as the terminals see it.</summary>
public sealed class RegistryProfiles(Registry registry) : ITerminalProfiles
{
    /// <summary>Hours by their text, read once for all shops that have the same; null for what cannot be read, which an import refuses.</summary>
    private readonly ConcurrentDictionary<string, OpeningHours?> _hours = new();

    /// <summary>Tags by their text, likewise.</summary>
    private readonly ConcurrentDictionary<string, ImmutableArray<string>> _tags = new();

    public int Version => registry.Version;

    public TerminalProfile Find(string serial) => registry.Find(serial) is { } known
        ? new(known.Merchant, known.Site, known.Model, known.Carrier, known.TimeZone, known.Hours is { } text ? _hours.GetOrAdd(text, Read) : null, known.Tags is { } tags ? _tags.GetOrAdd(tags, Split) : [], known.Region)
        : TerminalProfile.Unknown;

    private static ImmutableArray<string> Split(string tags) => [.. tags.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    private static OpeningHours? Read(string text) => OpeningHours.TryRead(text, out var hours, out _) ? hours : null;
}
