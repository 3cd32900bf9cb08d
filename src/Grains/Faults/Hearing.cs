using System.Collections.Immutable;

namespace Fleet.Grains.Faults;

/// <summary>One input being heard: whose it is, its time, and where what the detectors find goes.</summary>
internal readonly ref struct Hearing(string subject, long atMs, List<Finding> findings)
{
    public long AtMs => atMs;

    public void Say(string fault, FindingKind kind, Alarm alarm, ImmutableArray<Evidence> evidence) =>
        findings.Add(new Finding(subject, fault, kind, alarm.RaisedAtMs, atMs, evidence));
}
