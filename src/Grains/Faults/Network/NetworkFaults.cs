namespace Fleet.Grains.Faults;

/// <summary>What goes wrong with the network: radio, SIM, cable. Silence is <see cref="Offline"/>, which the terminal keeps itself.</summary>
internal struct NetworkFaults
{
    private SimFault _simFault;
    private NetworkCable _networkCable;

    public void Each<TVisitor>(ref TVisitor visitor, ref Suspicions suspicions) where TVisitor : IDetectorVisitor, allows ref struct
    {
        visitor.VisitTimed(ref _simFault);
        visitor.Visit(ref suspicions.WeakSignal);
        visitor.VisitTimed(ref suspicions.LinkFlapping);
        visitor.VisitTimed(ref _networkCable);
    }
}
