namespace Fleet.Grains.Faults;

internal static class Readers
{
    /// <summary>The ways of reading a card in their order of <see cref="Learning.Way"/>, as the wire calls them.</summary>
    public static Members All { get; } = new("reader", "readers", "swipe", "chip", "tap");
}
