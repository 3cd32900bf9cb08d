using System.Text.Json;
using CsCheck;
using Fleet.Alerts.Book;
using Fleet.Alerts.Catalogue;
using Fleet.Alerts.Dispatch;
using Fleet.Alerts.Notify;
using Fleet.Alerts.Notify.Webhook;
using Fleet.Grains;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fleet.Alerts.Tests;

/// <summary>The rules that need no store.</summary>
public sealed class RulesTests
{
    private static readonly Backoff Retry = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(15));

    [Theory]
    [InlineData(1, 0.0, 0.5)]
    [InlineData(1, 0.999999, 1)]
    [InlineData(5, 0.0, 8)]
    [InlineData(100, 0.999999, 900)]
    public void Backoff_doubles_from_a_second_to_a_quarter_of_an_hour(long attempts, double random, double seconds) =>
        Assert.Equal(seconds, Retry.After(attempts, random).TotalSeconds, precision: 2);

    [Fact]
    public void Backoff_stays_between_half_a_second_and_a_quarter_of_an_hour() =>
        Gen.Select(Gen.Long[1, long.MaxValue], Gen.Double[0, 1]).Sample((attempts, random) => Retry.After(attempts, random).TotalSeconds is >= 0.5 and <= 900);

    [Theory]
    [InlineData(TicketState.Open, TicketVerb.Accept, TicketState.Accepted)]
    [InlineData(TicketState.Accepted, TicketVerb.Travel, TicketState.Travelling)]
    [InlineData(TicketState.Travelling, TicketVerb.Arrive, TicketState.Arrived)]
    [InlineData(TicketState.Arrived, TicketVerb.Resolve, TicketState.Resolved)]
    [InlineData(TicketState.Accepted, TicketVerb.Resolve, TicketState.Resolved)]
    [InlineData(TicketState.Open, TicketVerb.Reject, TicketState.Rejected)]
    [InlineData(TicketState.Open, TicketVerb.Travel, null)]
    [InlineData(TicketState.Open, TicketVerb.Resolve, null)]
    [InlineData(TicketState.Accepted, TicketVerb.Arrive, null)]
    [InlineData(TicketState.Arrived, TicketVerb.Accept, null)]
    public void A_ticket_moves_only_forward(TicketState from, TicketVerb verb, TicketState? to) => Assert.Equal(to, TicketFlow.Next(from, verb));

    [Fact]
    public void Nothing_leads_out_of_an_ended_ticket() =>
        Assert.All(Enum.GetValues<TicketState>().Where(s => s.HasEnded()), s => Assert.All(Enum.GetValues<TicketVerb>(), v => Assert.Null(TicketFlow.Next(s, v))));

    /// <summary>Silos and replays may bring findings of one terminal and fault in any order and any number of times.</summary>
    [Fact]
    public void However_findings_come_saying_one_again_changes_nothing() =>
        Gen.Select(Gen.Byte[0, (byte)FindingKind.Cleared].Select(kind => (FindingKind)kind), Gen.Long[1, 5]).Array[0, 30].Sample(said =>
        {
            AlertRow? newest = null;
            foreach (var (kind, raisedAt) in said)
            {
                var finding = Room.Some(kind, "weak-signal", raisedAt, raisedAt);
                newest = Obey(newest, finding);
                Assert.NotEqual(Verdict.Raise, Findings.Judge(newest, finding));
                Assert.NotEqual(Verdict.Clear, Findings.Judge(newest, finding));
            }
        });

    [Fact]
    public void A_cursor_is_read_back() => Gen.Select(Gen.Long, Gen.String[Gen.Char[' ', 'ÿ'], 0, 40])
        .Sample((at, id) => Cursor.TryParse(new Cursor(at, id).ToString(), out var back) && back == new Cursor(at, id));

    [Fact]
    public void No_text_makes_the_cursor_throw() => Gen.String.Sample(text => !Cursor.TryParse(text, out var cursor) || cursor.Id is not null);

    [Fact]
    public void An_alert_in_JSON_has_the_members_the_design_names()
    {
        var alert = AlertView.Of(AlertRow.Raised(Room.Some(FindingKind.Raised, "tamper", 1000, 1000), FaultCatalogue.Load().Of("tamper"), null));
        var members = JsonSerializer.SerializeToElement(alert, Wire.Json).EnumerateObject().Select(p => p.Name);
        Assert.Equal(["id", "terminal", "subject", "site", "merchant", "fault", "severity", "state", "raisedAt", "clearedAt", "evidence", "incident", "cause", "held", "ticket", "silencedUntil"], members);
    }

    [Theory]
    [InlineData("Alerts:InboxCapacity", "0", "Alerts:InboxCapacity is 0, but must be from 1 to 1000000")]
    [InlineData("Alerts:Language", "fr", "Alerts:Language is fr")]
    [InlineData("Alerts:Outbox:Lease", "00:00:05", "Alerts:Outbox:Lease is 00:00:05, but must be longer than 00:00:40")]
    [InlineData("Alerts:Outbox:FirstRetry", "01:00:00", "Alerts:Outbox:FirstRetry is 01:00:00, but must be from 00:00:00.0100000 to 00:15:00")]
    [InlineData("Webhook:Url", "ftp://merchant", "Webhook:Url is ftp://merchant/, but must be an http or https address")]
    [InlineData("Webhook:Secret", "", "Webhook:Secret is empty")]
    public void A_wrong_setting_is_named_with_its_value(string setting, string value, string says)
    {
        using var services = new ServiceCollection().AddAlerts(Room.Settings((setting, value))).BuildServiceProvider();
        var error = Assert.Throws<OptionsValidationException>(() => (services.GetRequiredService<IOptions<WebhookOptions>>().Value, services.GetRequiredService<IOptions<AlertsOptions>>().Value));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("short", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_setting_is_an_error()
    {
        using var services = new ServiceCollection().AddAlerts(Room.Settings(("Alerts:Inbox", "7"))).BuildServiceProvider();
        Assert.Contains("Inbox", Assert.Throws<InvalidOperationException>(() => services.GetRequiredService<IOptions<AlertsOptions>>().Value).Message, StringComparison.Ordinal);
    }

    private static AlertRow? Obey(AlertRow? newest, Finding finding) => Findings.Judge(newest, finding) switch
    {
        Verdict.Raise => AlertRow.Raised(finding, Fault.Unlisted(finding.Fault), null),
        Verdict.Clear => newest!.ToCleared(finding.AtMs),
        _ => newest,
    };
}
