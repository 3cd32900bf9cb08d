using System.Collections.Immutable;
using System.Globalization;
using Fleet.Alerts.Book;
using Fleet.Simulator;
using Fleet.Simulator.Stories;

namespace Fleet.Host.Demo;

/// <summary>What came of one thing that really happened to a terminal.</summary>
/// <param name="RaisedPush">What told the merchant of it, and <paramref name="ClearedPush"/> that it was over.</param>
/// <param name="Wrong">What is not as it must be; nothing, where all is well.</param>
internal sealed record Happening(Truth Truth, AlertView? Alert, Push? RaisedPush, Push? ClearedPush, ImmutableArray<string> Wrong)
{
    public DateTimeOffset? RaisedAt => StoryCheck.At(Alert?.RaisedAt);

    public DateTimeOffset? ClearedAt => StoryCheck.At(Alert?.ClearedAt);
}

/// <summary>A story held against what the server made of it. Pure.</summary>
/// <param name="Happenings">One for each truth.</param>
/// <param name="Unexpected">Alerts that nothing in the story gives cause for.</param>
internal sealed record StoryCheck(ImmutableArray<Happening> Happenings, ImmutableArray<AlertView> Unexpected)
{
    public bool IsGood => Unexpected.IsEmpty && Happenings.All(happening => happening.Wrong.IsEmpty);

    public static StoryCheck Judge(IReadOnlyList<Truth> truths, IReadOnlyList<AlertView> alerts, IReadOnlyCollection<Push> pushes)
    {
        var expected = truths.Where(truth => truth.MustAlarm).Select(truth => (truth.Serial, truth.Fault)).ToHashSet();
        return new(
            [.. truths.Select(truth => Judge(truth, alerts, pushes))],
            [.. alerts.Where(alert => !expected.Contains((alert.Subject, alert.Fault)))]);
    }

    /// <summary>How long after the report that gave cause for them left its terminal, in real time, the merchants had their pushes.</summary>
    public IEnumerable<TimeSpan> Delays(SimulatedClock clock) => Happenings.SelectMany(happening => new[]
    {
        Delay(happening.RaisedAt, happening.RaisedPush, happening.Truth, clock),
        Delay(happening.ClearedAt, happening.ClearedPush, happening.Truth, clock),
    }).OfType<TimeSpan>();

    public static DateTimeOffset? At(string? iso8601) => iso8601 is null ? null : DateTimeOffset.Parse(iso8601, CultureInfo.InvariantCulture);

    private static TimeSpan? Delay(DateTimeOffset? at, Push? push, Truth truth, SimulatedClock clock) =>
        push?.ArrivedAt - (truth.IsArrivalTime || at is null ? at : clock.RealAt(at.Value));

    private static Happening Judge(Truth truth, IReadOnlyList<AlertView> alerts, IReadOnlyCollection<Push> pushes)
    {
        var own = alerts.Where(alert => alert.Subject == truth.Serial && alert.Fault == truth.Fault).ToList();
        var alert = own.Count == 0 ? null : own[0];
        Push? PushOf(string what) => pushes.FirstOrDefault(
            push => push.Terminal == truth.Serial && push.Fault == truth.Fault && push.Event == what && push.Merchant == alert?.Merchant);
        var happening = new Happening(truth, alert, PushOf(Push.Raised), PushOf(Push.Cleared), []);
        return happening with { Wrong = [.. truth.MustAlarm ? Missing(happening, own.Count, alerts) : FalseAlarms(own.Count)] };
    }

    private static IEnumerable<string> FalseAlarms(int count)
    {
        if (count > 0) yield return "a false alarm";
    }

    private static IEnumerable<string> Missing(Happening happening, int count, IReadOnlyList<AlertView> alerts)
    {
        var (truth, alert) = (happening.Truth, happening.Alert);
        if (alert is null)
        {
            yield return "no alert";
            yield break;
        }
        if (count > 1) yield return $"{count} alerts instead of one";
        if (happening.RaisedAt < truth.From || happening.RaisedAt >= truth.To) yield return "raised when it was not so";
        if (happening.ClearedAt is null) yield return "not cleared";
        else if (happening.ClearedAt < MayClearFrom(truth, alerts)) yield return "cleared too early";
        if (truth.NeedsTicket && alert.Ticket is null) yield return "no ticket";
        if (!truth.NeedsTicket && alert.Ticket is not null) yield return "a ticket that nobody needs";
        if (happening.RaisedPush is null) yield return "the merchant was not told";
        if (happening.ClearedPush is null) yield return "the merchant was not told that it was over";
    }

    private static DateTimeOffset? MayClearFrom(Truth truth, IReadOnlyList<AlertView> alerts) => truth.GivesWayTo is { } worse
        ? At(alerts.FirstOrDefault(alert => alert.Subject == truth.Serial && alert.Fault == worse)?.RaisedAt)
        : truth.To;
}
