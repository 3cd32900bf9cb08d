namespace Fleet.Grains.Learning;

/// <summary>The ways of reading a card.</summary>
internal enum Way : byte { Swipe, Chip, Tap }

internal static class Ways
{
    public const int Count = 3;
}
