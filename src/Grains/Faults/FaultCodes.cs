namespace Fleet.Grains.Faults;

/// <summary>The codes of the catalogue that are detected here, one detector each.</summary>
public static class FaultCodes
{
    public const string WeakSignal = "weak-signal";
    public const string ReaderFault = "reader-fault";
    public const string BadCard = "bad-card";
    public const string PaperLow = "paper-low";
    public const string PaperOut = "paper-out";
    public const string Offline = "offline";
}
