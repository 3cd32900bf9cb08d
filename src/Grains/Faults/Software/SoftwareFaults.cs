namespace Fleet.Grains.Faults;

/// <summary>What goes wrong with the system and its software.</summary>
internal struct SoftwareFaults
{
    private ClockWrong _clockWrong;
    private MemoryLow _memoryLow;

    public void Each<TVisitor>(ref TVisitor visitor) where TVisitor : IDetectorVisitor, allows ref struct
    {
        visitor.Visit(ref _clockWrong);
        visitor.Visit(ref _memoryLow);
    }
}
