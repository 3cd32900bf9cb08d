namespace Fleet.Grains.Faults;

/// <summary>What goes wrong with the system and its software.</summary>
internal struct SoftwareFaults
{
    private ClockWrong _clockWrong;
    private MemoryLow _memoryLow;
    private StorageLow _storageLow;
    private SystemFault _systemFault;
    private SoftwareOutdated _outdated;
    private BadReports _badReports;
    private ErrorCodeFault _errorCode;

    public void Each<TVisitor>(ref TVisitor visitor) where TVisitor : IDetectorVisitor, allows ref struct
    {
        visitor.Visit(ref _clockWrong);
        visitor.Visit(ref _memoryLow);
        visitor.Visit(ref _storageLow);
        visitor.Visit(ref _systemFault);
        visitor.Visit(ref _outdated);
        visitor.Visit(ref _badReports);
        visitor.Visit(ref _errorCode);
    }
}
