using System.Diagnostics.Metrics;

namespace Fleet.Grains;

/// <summary>What the grains count. Never a serial as a tag.</summary>
public static class GrainMetrics
{
    public const string MeterName = "Fleet.Grains";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Findings = Meter.CreateCounter<long>("fleet.grains.findings", "{finding}", "Findings by fault and kind");
    internal static readonly Counter<long> InputsFailed = Meter.CreateCounter<long>("fleet.grains.inputs_failed", "{input}", "Inputs that tripped a detector and were left out");
    internal static readonly Counter<long> StatesUnreadable = Meter.CreateCounter<long>("fleet.grains.states_unreadable", "{state}", "Stored states that could not be read; their terminals began anew");
    internal static readonly Counter<long> StatesWritten = Meter.CreateCounter<long>("fleet.grains.states_written", "{state}", "Terminal states written behind");
    internal static readonly Histogram<double> StateWriteSeconds = Meter.CreateHistogram<double>("fleet.grains.state_write", "s", "Time to write one batch of states");
    internal static readonly Histogram<double> CheckpointSeconds = Meter.CreateHistogram<double>("fleet.grains.checkpoint", "s", "Time to write all states that had changed");
    internal static readonly Histogram<double> StateHoldSeconds = Meter.CreateHistogram<double>("fleet.grains.state_hold", "s", "For how long the terminal of a batch that waited longest was held up by the taking of its state");

    internal static void Found(Finding finding) => Findings.Add(1,
        new("fault", finding.Fault), new("kind", finding.Kind switch { FindingKind.Raised => "raised", FindingKind.Changed => "changed", FindingKind.Cleared => "cleared", FindingKind.Foreseen => "foreseen", _ => "withdrawn" }));
}
