using Fleet.Grains.Reports;

namespace Fleet.Grains.Terminals;

public enum InputKind : byte
{
    /// <summary>A report of the terminal.</summary>
    Report,
    /// <summary>Its MQTT session began, or its retained status says online.</summary>
    Online,
    /// <summary>Its session ended, or its last will spoke.</summary>
    Offline,
    /// <summary>A presence shard's word that time has passed its deadline and nothing was heard.</summary>
    Tick,
    /// <summary>It sent something that was refused.</summary>
    Refused,
}

/// <summary>
/// One entry of a journal for one terminal. All that ever changes a terminal comes to it as an input through the
/// journal, so that replaying a journal gives the same terminal.
/// </summary>
/// <param name="AtMs">When the journal took it, Unix ms.</param>
/// <param name="HeardAtMs">Of <see cref="InputKind.Tick"/>: when the terminal had last been heard, as the shard knew it.</param>
/// <param name="Session">Of <see cref="InputKind.Online"/> and <see cref="InputKind.Offline"/>: which session; a later one has a higher number. 0 where the session is not the terminal's own.</param>
/// <param name="Refusal">Of <see cref="InputKind.Refused"/>: why.</param>
/// <param name="Ordinal">Of <see cref="InputKind.Refused"/>: its place in its journal, by which a replay of it is known.</param>
[GenerateSerializer, Immutable, Alias("fleet.input")]
public readonly record struct Input(
    [property: Id(0)] InputKind Kind, [property: Id(1)] long AtMs, [property: Id(2)] Report? Report = null, [property: Id(3)] long HeardAtMs = 0,
    [property: Id(4)] long Session = 0, [property: Id(5)] Refusal Refusal = Refusal.None, [property: Id(6)] long Ordinal = 0);

/// <summary>What the API shows of a terminal. Times are Unix ms, 0 for never.</summary>
[GenerateSerializer, Immutable, Alias("fleet.terminalView")]
public sealed record TerminalView
{
    [Id(0)] public required string Serial { get; init; }
    [Id(1)] public long LastAtMs { get; init; }
    [Id(2)] public long LastSeq { get; init; }
    [Id(3)] public long LastReceivedAtMs { get; init; }

    /// <summary>How many distinct reports were applied.</summary>
    [Id(4)] public long Reports { get; init; }

    /// <summary>The sum of their sequence numbers, modulo 2^64: with <see cref="Reports"/>, proof that none was lost or doubled.</summary>
    [Id(5)] public long SeqSum { get; init; }
    [Id(6)] public long Late { get; init; }
    [Id(7)] public long Duplicates { get; init; }
    [Id(8)] public bool Connected { get; init; }
    [Id(9)] public string[] OpenFaults { get; init; } = [];
    [Id(10)] public double? ReceiptsLeft { get; init; }
    [Id(11)] public double? Battery { get; init; }
    [Id(12)] public string? SignalClass { get; init; }
    [Id(13)] public string? Firmware { get; init; }
    [Id(14)] public string? App { get; init; }
    [Id(15)] public string? PrinterState { get; init; }
    [Id(16)] public double? Paper { get; init; }
    [Id(17)] public double? RsrpDbm { get; init; }

    /// <summary>When the roll will be used up; null where too little was printed to tell.</summary>
    [Id(18)] public Forecast? PaperEnd { get; init; }

    /// <summary>When the battery will be empty, while the terminal runs on it.</summary>
    [Id(19)] public Forecast? BatteryEmpty { get; init; }

    /// <summary>When the battery will be worn out; null where there is no trend.</summary>
    [Id(20)] public Forecast? BatteryReplacement { get; init; }

    /// <summary>When a reader wants cleaning; null where nothing says so.</summary>
    [Id(21)] public Forecast? ReaderCleaning { get; init; }

    /// <summary>The signal that its place usually gives; null where none was read.</summary>
    [Id(22)] public double? UsualRsrpDbm { get; init; }

    /// <summary>How many payments it usually takes in each hour of the day, UTC, on days on which it trades then; null while that is not known.</summary>
    [Id(23)] public double[]? UsualPaymentsByHour { get; init; }

    /// <summary>How much one is, in the currency's minor unit; null where it tells no amounts.</summary>
    [Id(24)] public double? UsualAmountPerPayment { get; init; }
}

/// <summary>One terminal of the fleet, keyed by serial.</summary>
public interface ITerminalGrain : IGrainWithStringKey
{
    /// <summary>Applies inputs in their order; completes when their findings are on their way to Alerts.</summary>
    ValueTask Apply([Immutable] Input[] inputs);

    /// <summary>The same for what a dead node's journal holds, for which an activation that began after that node's death holds back everything else.</summary>
    ValueTask ApplyOfTheDead([Immutable] Input[] inputs);

    /// <summary>What is known of it, or null where nothing was ever heard.</summary>
    ValueTask<TerminalView?> View();

    /// <summary>The rules or the register may have changed: what a rule had raised that is not for it any more ends, though it is silent.</summary>
    /// <param name="nowMs">Unix ms.</param>
    ValueTask Follow(long nowMs);

    /// <summary>For its presence shard: when it wants to be told that time has passed.</summary>
    ValueTask<Presence.Watch> Deadline();
}
