namespace Fleet.Grains.Faults;

/// <summary>Theft, fraud and tampering, and what looks like them.</summary>
internal struct SafetyFaults
{
    private Tamper _tamper;
    private PasswordLocked _passwordLocked;

    public void Each<TVisitor>(ref TVisitor visitor) where TVisitor : IDetectorVisitor, allows ref struct
    {
        visitor.Visit(ref _tamper);
        visitor.VisitTimed(ref _passwordLocked);
    }
}
