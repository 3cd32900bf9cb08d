using Fleet.Simulator.Mqtt;
using Fleet.Simulator.Shops;
using Fleet.Simulator.Stories;

namespace Fleet.Simulator;

/// <summary>What a simulation does.</summary>
public sealed record SimulationOptions
{
    public required Broker Broker { get; init; }

    public required IReadOnlyList<Registration> Terminals { get; init; }

    public required SimulatedClock Clock { get; init; }

    public Story Story { get; init; } = Story.None;

    /// <summary>The town whose terminals these are, in its order; it has troubles of its own, and the story none.</summary>
    public BelievableFleet? Town { get; init; }

    /// <summary>Simulated time between two reports of a terminal.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Simulated time at which it ends; without, it goes on until stopped.</summary>
    public DateTimeOffset? End { get; init; }

    public int Seed { get; init; } = 1;

    /// <summary>Share so many connections, as gateways do; 0 gives every terminal its own, with its last will.</summary>
    public int SharedConnections { get; init; }
}

/// <summary>How far a simulation is.</summary>
/// <param name="CutOff">Messages that were not acknowledged yet when the story cut their terminal's connection.</param>
public sealed record SimulationProgress(DateTimeOffset SimulatedTime, long Sent, long Acknowledged, long CutOff, int Connected, int Connections, int Reconnects);
