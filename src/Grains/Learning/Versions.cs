namespace Fleet.Grains.Learning;

/// <summary>What software runs, as last told: of a fleet few sets are different, and terminals that have the same share it.</summary>
internal sealed record Versions(string? Firmware, string? App, string? Patch)
{
    private const int Slots = 1024;

    /// <summary>One slot to a hash: a newcomer replaces what was there, so it never grows, whatever is sent.</summary>
    private static readonly Versions?[] s_shared = new Versions?[Slots];

    /// <summary>A set that others may have too; null where nothing is known.</summary>
    /// <param name="known">Which is kept where it is the same.</param>
    public static Versions? Shared(Versions? known, string? firmware, string? app, string? patch)
    {
        if (known is not null ? known.Are(firmware, app, patch) : (firmware, app, patch) == (null, null, null)) return known;
        ref var slot = ref s_shared[(uint)HashCode.Combine(firmware, app, patch) % Slots];
        if (Volatile.Read(ref slot) is { } shared && shared.Are(firmware, app, patch)) return shared;
        var told = new Versions(firmware, app, patch);
        Volatile.Write(ref slot, told);
        return told;
    }

    private bool Are(string? firmware, string? app, string? patch) => firmware == Firmware && app == App && patch == Patch;
}
