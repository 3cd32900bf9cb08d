namespace Fleet.Grains.Faults;

/// <summary>Theft, fraud and tampering, and what looks like them.</summary>
internal struct SafetyFaults
{
    private Tamper _tamper;
    private SimSwapped _simSwapped;
    private MovedOrStolen _movedOrStolen;
    private ReceiptMismatch _receiptMismatch;
    private PasswordLocked _passwordLocked;

    public void Each<TVisitor>(ref TVisitor visitor) where TVisitor : IDetectorVisitor, allows ref struct
    {
        visitor.Visit(ref _tamper);
        visitor.Visit(ref _simSwapped);
        visitor.VisitTimed(ref _movedOrStolen);
        visitor.Visit(ref _receiptMismatch);
        visitor.VisitTimed(ref _passwordLocked);
    }
}
