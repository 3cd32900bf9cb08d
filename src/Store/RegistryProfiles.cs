using Fleet.Grains.Terminals;

namespace Fleet.Store;

/// <summary>The registry as the terminals see it.</summary>
public sealed class RegistryProfiles(Registry registry) : ITerminalProfiles
{
    public int Version => registry.Version;

    public TerminalProfile Find(string serial) => registry.Find(serial) is { } known
        ? new(known.Merchant, known.Site, known.Model, known.Carrier, known.TimeZone)
        : TerminalProfile.Unknown;
}
