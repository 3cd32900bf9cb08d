namespace Fleet.Grains.Faults;

/// <summary>What goes wrong when receipts are printed.</summary>
internal struct PrintingFaults
{
    private PrintHeadFault _printHeadFault;

    public void Each<TVisitor>(ref TVisitor visitor, ref Suspicions suspicions) where TVisitor : IDetectorVisitor, allows ref struct
    {
        visitor.Visit(ref suspicions.PaperOut);
        visitor.Visit(ref suspicions.PaperLow);
        visitor.VisitTimed(ref suspicions.PaperJam);
        visitor.VisitTimed(ref suspicions.CoverOpen);
        visitor.VisitTimed(ref _printHeadFault);
        visitor.VisitTimed(ref suspicions.BoardFault); // judges by the others' verdicts
    }
}
