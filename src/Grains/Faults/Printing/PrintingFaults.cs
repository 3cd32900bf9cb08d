namespace Fleet.Grains.Faults;

/// <summary>What goes wrong when receipts are printed.</summary>
internal struct PrintingFaults
{
    private PaperOut _paperOut;
    private PaperLow _paperLow;

    public void Each<TVisitor>(ref TVisitor visitor) where TVisitor : IDetectorVisitor, allows ref struct
    {
        visitor.Visit(ref _paperOut);
        visitor.Visit(ref _paperLow);
    }
}
