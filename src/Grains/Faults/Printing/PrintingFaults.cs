namespace Fleet.Grains.Faults;

/// <summary>What goes wrong when receipts are printed.</summary>
internal struct PrintingFaults
{
    private PaperOut _paperOut;
    private PaperLow _paperLow;
    private PaperJam _paperJam;
    private CoverOpen _coverOpen;
    private PrintHeadFault _printHeadFault;
    private BoardFault _boardFault;

    public void Each<TVisitor>(ref TVisitor visitor) where TVisitor : IDetectorVisitor, allows ref struct
    {
        visitor.Visit(ref _paperOut);
        visitor.Visit(ref _paperLow);
        visitor.VisitTimed(ref _paperJam);
        visitor.VisitTimed(ref _coverOpen);
        visitor.VisitTimed(ref _printHeadFault);
        visitor.VisitTimed(ref _boardFault); // judges by the others' verdicts
    }
}
