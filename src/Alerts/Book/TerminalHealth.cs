using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Fleet.Alerts.Catalogue;

namespace Fleet.Alerts.Book;

/// <summary>What a terminal loses points for: a fault it has now, one that keeps coming back, or one that is foreseen.</summary>
[JsonConverter(typeof(KebabCase<HealthGround>))]
public enum HealthGround : byte { Open, Recurring, Foreseen }

/// <summary>One reason of a <see cref="TerminalHealth"/>.</summary>
/// <param name="Code">The fault's.</param>
/// <param name="Points">How many of the hundred it takes, at least 1.</param>
public sealed record HealthReason(string Code, HealthGround Why, int Points);

/// <summary>What the book knows of one fault of a terminal.</summary>
/// <param name="Open">Whether its alert is not cleared.</param>
/// <param name="Recent">How many alerts of it were raised within <see cref="TerminalHealth.Recent"/>, without those that had their cause outside the terminal.</param>
internal readonly record struct FaultPast(string Code, Severity Severity, bool Open, int Recent);

/// <summary>
/// How well a terminal is: a hundred points, less those of its reasons. The weights are ours, made to sort a list by: one
/// critical fault is worse than two warnings, and what only may happen never weighs as much as what has.
/// </summary>
/// <param name="Score">0 (as bad as can be told) to 100 (nothing known against it).</param>
/// <param name="Reasons">The heaviest first.</param>
public sealed record TerminalHealth(int Score, ImmutableArray<HealthReason> Reasons)
{
    /// <summary>How long a fault counts towards recurring.</summary>
    internal static readonly TimeSpan Recent = TimeSpan.FromDays(30);

    private const int ForReturn = 5;
    private const int MostForReturns = 15;
    private const int ForForeseen = 5;

    /// <param name="foreseen">Codes of faults that are forecast; of one that is open already nothing is taken twice.</param>
    internal static TerminalHealth Of(IReadOnlyCollection<FaultPast> past, IEnumerable<string> foreseen)
    {
        var open = past.Where(f => f.Open).ToList();
        ImmutableArray<HealthReason> reasons =
        [
            .. open.Select(f => new HealthReason(f.Code, HealthGround.Open, For(f.Severity)))
                .Concat(past.Where(f => f.Recent > 1).Select(f => new HealthReason(f.Code, HealthGround.Recurring, Math.Min((f.Recent - 1) * ForReturn, MostForReturns))))
                .Concat(foreseen.Where(code => open.TrueForAll(f => f.Code != code)).Select(code => new HealthReason(code, HealthGround.Foreseen, ForForeseen)))
                .OrderByDescending(r => r.Points).ThenBy(r => r.Code, StringComparer.Ordinal),
        ];
        return new(Math.Max(0, 100 - reasons.Sum(r => r.Points)), reasons);
    }

    private static int For(Severity severity) => severity switch { Severity.Critical => 50, Severity.Warning => 20, _ => 5 };
}
