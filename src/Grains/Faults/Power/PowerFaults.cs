namespace Fleet.Grains.Faults;

/// <summary>What goes wrong with power: battery, adapter, board, starting.</summary>
internal struct PowerFaults
{
    private AdapterFault _adapterFault;
    private NoStart _noStart;

    public readonly bool StandsOnMains(FaultLimits limits) => _adapterFault.StandsOnMains(limits.Adapter);

    public void Each<TVisitor>(ref TVisitor visitor, ref Suspicions suspicions) where TVisitor : IDetectorVisitor, allows ref struct
    {
        visitor.VisitTimed(ref _adapterFault);
        visitor.VisitTimed(ref suspicions.BatteryLow);
        visitor.VisitTimed(ref suspicions.BatteryWorn);
        visitor.Visit(ref suspicions.BatteryReplacement);
        visitor.VisitTimed(ref _noStart);
    }
}
