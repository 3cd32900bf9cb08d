using System.Collections.Immutable;

namespace Fleet.Simulator.Shops;

/// <summary>What is done to a terminal: each fault of the catalogue, then what only looks like one.</summary>
public enum Ailment : byte
{
    None, BatteryLow, AdapterFault, BatteryWorn, NoStart, WeakSignal, SimFault, LinkFlapping, NetworkCable, Offline, SiteOutage,
    CarrierOutage, ReaderFault, ReaderDirty, BadCard, Declines, PaperLow, PaperOut, PaperJam, CoverOpen, PrintHeadFault, BoardFault,
    MemoryLow, StorageLow, SystemFault, ErrorCode, SoftwareOutdated, CohortRegression, ClockWrong, PasswordLocked, Tamper,
    MovedOrStolen, SimSwapped, ReceiptMismatch, BadReports,
    Lorry, OneDamagedCard, ServerRestart, StoredReports, CounterReset, BusyWeek, Unplugged,

    /// <summary>A roll that nears its end in normal use: neither a fault that must be found nor a false one.</summary>
    RollEnding,

    /// <summary>Of a <see cref="SiteOutage"/> all are silent; here a terminal with a battery and a SIM goes on, and says that it has no mains.</summary>
    PowerCut,
}

/// <summary>An ailment of one terminal for a while, Unix ms.</summary>
public readonly record struct Plight(Ailment Ailment, long FromMs, long ToMs)
{
    public bool IsAt(long atMs) => FromMs <= atMs && atMs < ToMs;
}

/// <summary>What truly happened.</summary>
/// <param name="Fault">The catalogue's code; of a look-alike, the code that must not be raised.</param>
/// <param name="Terminals">Indices of all who have it: one, or all members of a group that fails together.</param>
/// <param name="MustAlarm">False for a look-alike.</param>
/// <param name="Group">What they have in common and who must be named, e.g. <c>site:site-7</c>; null where one terminal has it.</param>
public sealed record FaultTruth(string Fault, Ailment Ailment, long FromMs, long ToMs, ImmutableArray<int> Terminals, bool MustAlarm, string? Group = null)
{
    /// <summary>To say it would be right, and not to say it too.</summary>
    public bool MayAlarm => Ailment == Ailment.RollEnding;
}
