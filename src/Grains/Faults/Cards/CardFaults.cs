namespace Fleet.Grains.Faults;

/// <summary>What goes wrong when cards are read and paid with.</summary>
internal struct CardFaults
{
    private ReaderDirty _readerDirty;

    public void Each<TVisitor>(ref TVisitor visitor, ref Suspicions suspicions) where TVisitor : IDetectorVisitor, allows ref struct
    {
        visitor.Visit(ref suspicions.ReaderFault);
        visitor.Visit(ref _readerDirty);
        visitor.Visit(ref suspicions.BadCard);
        visitor.Visit(ref suspicions.Declines);
    }
}
