namespace Fleet.Grains.Faults;

/// <summary>What goes wrong when cards are read and paid with.</summary>
internal struct CardFaults
{
    private ReaderFault _readerFault;
    private ReaderDirty _readerDirty;
    private Declines _declines;

    public void Each<TVisitor>(ref TVisitor visitor, ref Suspicions suspicions) where TVisitor : IDetectorVisitor, allows ref struct
    {
        visitor.Visit(ref _readerFault);
        visitor.Visit(ref _readerDirty);
        visitor.Visit(ref suspicions.BadCard);
        visitor.Visit(ref _declines);
    }
}
