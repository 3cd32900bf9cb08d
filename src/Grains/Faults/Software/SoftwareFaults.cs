namespace Fleet.Grains.Faults;

/// <summary>What goes wrong with the system and its software.</summary>
internal struct SoftwareFaults
{
    private MemoryLow _memoryLow;
    private StorageLow _storageLow;
    private SystemFault _systemFault;

    public void Each<TVisitor>(ref TVisitor visitor, ref Suspicions suspicions) where TVisitor : IDetectorVisitor, allows ref struct
    {
        visitor.Visit(ref suspicions.ClockWrong);
        visitor.VisitTimed(ref _memoryLow);
        visitor.VisitTimed(ref _storageLow);
        visitor.Visit(ref _systemFault);
        visitor.Visit(ref suspicions.Outdated);
        visitor.Visit(ref suspicions.BadReports);
        visitor.Visit(ref suspicions.ErrorCode);
    }
}
