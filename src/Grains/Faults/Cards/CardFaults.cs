namespace Fleet.Grains.Faults;

/// <summary>What goes wrong when cards are read and paid with.</summary>
internal struct CardFaults
{
    private ReaderDirty _readerDirty;

    /// <summary>When a reader wants cleaning, by what fails more and more or by how many cards it takes usually, whichever is sooner.</summary>
    public readonly Forecast? CleaningDue(in ReaderCleaning cleaning, FaultLimits limits) =>
        (_readerDirty.Due(limits), cleaning.Due) switch
        {
            ({ } trend, { } usual) => trend.AtMs <= usual.AtMs ? trend : usual,
            var (trend, usual) => trend ?? usual,
        };

    public void Each<TVisitor>(ref TVisitor visitor, ref Suspicions suspicions) where TVisitor : IDetectorVisitor, allows ref struct
    {
        visitor.Visit(ref suspicions.ReaderFault);
        visitor.Visit(ref _readerDirty);
        visitor.Visit(ref suspicions.ReaderCleaning);
        visitor.Visit(ref suspicions.BadCard);
        visitor.Visit(ref suspicions.Declines);
    }
}
