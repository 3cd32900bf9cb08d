using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// Watches for one fault of one terminal: a small struct that begins as its default, hears every new report and says
/// through the hearing what it finds. It has two thresholds and a hold time, so that it does not flutter. Its part of
/// the state is called by the fault's code of the catalogue.
/// </summary>
internal interface IDetector : IPart
{
    Alarm Alarm { get; }

    /// <summary>A new report: late ones and duplicates never come here. Sections it does not have say nothing.</summary>
    void Hear(in Hearing hearing);
}

/// <summary>A detector that also finds something when time passes and nothing is heard.</summary>
internal interface ITimedDetector : IDetector
{
    /// <summary>When it wants to be told that time has passed, Unix ms; 0 for not at all.</summary>
    long DueAtMs(FaultLimits limits);

    /// <summary>Time has passed up to the hearing's; its report is empty.</summary>
    void Tick(in Hearing hearing);
}

/// <summary>Is shown every detector of a terminal, one after the other, by the one list that names them.</summary>
internal interface IDetectorVisitor
{
    void Visit<T>(ref T detector) where T : struct, IDetector;

    void VisitTimed<T>(ref T detector) where T : struct, ITimedDetector;
}
