using System.Collections.Immutable;

namespace Fleet.Grains;

public enum FindingKind : byte
{
    Raised, Changed, Cleared,

    /// <summary>The fault will come if nothing is done, by <see cref="Finding.DueAtMs"/>: there is no alert, only work.</summary>
    Foreseen,
    /// <summary>What was foreseen is not any more.</summary>
    Withdrawn,
}

/// <summary>One named piece of evidence: a number with its unit in the name (<c>rsrpDbm</c>), or a text.</summary>
public readonly record struct Evidence(string Name, double? Number = null, string? Text = null);

/// <summary>
/// What a detector has to say about a subject. (subject, fault, raised at) names the alert, so a finding said twice changes nothing.
/// </summary>
/// <param name="Subject">The terminal's serial.</param>
/// <param name="Fault">A code of the catalogue, e.g. <c>weak-signal</c>.</param>
/// <param name="RaisedAtMs">When the fault was raised, or first foreseen, Unix ms; the same in every later finding of this fault until it clears.</param>
/// <param name="AtMs">When this was found, Unix ms.</param>
/// <param name="Evidence">What a person needs to believe it.</param>
public sealed record Finding(
    string Subject, string Fault, FindingKind Kind, long RaisedAtMs, long AtMs, ImmutableArray<Evidence> Evidence)
{
    /// <summary>Of <see cref="FindingKind.Foreseen"/>: the earliest time at which the fault may come, Unix ms.</summary>
    public long DueAtMs { get; init; }

    /// <summary>It speaks of what is to come, and of no fault that is there.</summary>
    public bool IsForecast => Kind is FindingKind.Foreseen or FindingKind.Withdrawn;

    /// <summary>A number of its evidence; 0 where there is none of that name.</summary>
    public double Number(string name) => Evidence.FirstOrDefault(one => one.Name == name).Number ?? 0;

    /// <summary>A text of its evidence; null where there is none of that name.</summary>
    public string? Text(string name) => Evidence.FirstOrDefault(one => one.Name == name).Text;
}

/// <summary>Where findings go: one wall between the grains and Alerts.</summary>
public interface IFindings
{
    /// <summary>Takes a finding; waits while the queue is full.</summary>
    ValueTask PostAsync(Finding finding, CancellationToken stop = default);

    /// <summary>Completes when everything posted before the call is durable; throws when the store refused.</summary>
    Task DrainAsync(CancellationToken stop = default);
}
