namespace Fleet.Simulator.Terminals;

/// <summary>A 57 × 50 mm roll and the printer's counters.</summary>
internal sealed class PaperRoll(double left, Random random)
{
    private const double RollMetres = 32, MetresPerLine = 0.00375, LinesPerReceipt = 32;

    /// <summary>A careful shopkeeper changes the roll between customers when this much is left.</summary>
    private const double ChangeBelow = 0.4;

    public double Left { get; private set; } = left;

    public bool IsOut => Left <= 0;

    public long Lines { get; private set; } = random.Next(50_000, 400_000);

    public long Cuts { get; private set; } = random.Next(1_000, 9_000);

    /// <summary>Prints a receipt; false when there was no paper for it.</summary>
    public bool Print()
    {
        if (IsOut) return false;
        var lines = (int)Math.Round(LinesPerReceipt + 4 * random.NextGaussian());
        Lines += lines;
        Cuts++;
        Left = Math.Max(0, Left - lines * MetresPerLine / RollMetres);
        return true;
    }

    public void ChangeIfWorthIt()
    {
        if (Left < ChangeBelow) Left = 1;
    }
}
