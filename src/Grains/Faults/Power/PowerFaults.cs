namespace Fleet.Grains.Faults;

/// <summary>What goes wrong with power: battery, adapter, board, starting.</summary>
internal struct PowerFaults
{
    private BatteryWorn _batteryWorn;
    private NoStart _noStart;

    public void Each<TVisitor>(ref TVisitor visitor) where TVisitor : IDetectorVisitor, allows ref struct
    {
        visitor.Visit(ref _batteryWorn);
        visitor.VisitTimed(ref _noStart);
    }
}
