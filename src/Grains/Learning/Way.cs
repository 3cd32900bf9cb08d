namespace Fleet.Grains.Learning;

/// <summary>The ways of reading a card.</summary>
internal enum Way : byte { Swipe, Chip, Tap }

internal static class Ways
{
    public const int Count = 3;

    public static Way[] All { get; } = [Way.Swipe, Way.Chip, Way.Tap];

    /// <summary>Its name on the wire.</summary>
    public static string Text(Way way) => way switch
    {
        Way.Swipe => "swipe",
        Way.Chip => "chip",
        _ => "tap",
    };
}
