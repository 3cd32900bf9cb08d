namespace Fleet.Grains.Faults;

/// <summary>Theft, fraud and tampering, and what looks like them.</summary>
internal struct SafetyFaults
{
    private SimSwapped _simSwapped;
    private MovedOrStolen _movedOrStolen;
    private ReceiptMismatch _receiptMismatch;

    public void Each<TVisitor>(ref TVisitor visitor, ref Suspicions suspicions) where TVisitor : IDetectorVisitor, allows ref struct
    {
        visitor.Visit(ref suspicions.Tamper);
        visitor.Visit(ref _simSwapped);
        visitor.VisitTimed(ref _movedOrStolen);
        visitor.Visit(ref _receiptMismatch);
        visitor.VisitTimed(ref suspicions.PasswordLocked);
    }
}
