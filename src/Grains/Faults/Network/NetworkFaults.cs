namespace Fleet.Grains.Faults;

/// <summary>What goes wrong with the network: radio, SIM, cable. Silence is <see cref="Offline"/>, which the terminal keeps itself.</summary>
internal struct NetworkFaults
{
    private SimFault _simFault;
    private WeakSignal _weakSignal;
    private LinkFlapping _linkFlapping;
    private NetworkCable _networkCable;

    public void Each<TVisitor>(ref TVisitor visitor) where TVisitor : IDetectorVisitor, allows ref struct
    {
        visitor.VisitTimed(ref _simFault);
        visitor.Visit(ref _weakSignal);
        visitor.VisitTimed(ref _linkFlapping);
        visitor.VisitTimed(ref _networkCable);
    }
}
