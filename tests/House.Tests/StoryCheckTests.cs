using System.Collections.Immutable;
using System.Text.Json;
using Fleet.Alerts.Book;
using Fleet.Host.Demo;
using Fleet.Simulator.Stories;

namespace Fleet.House_Tests;

/// <summary>The demo's judge is strict: whatever is missing, too much or too early, it says so.</summary>
public sealed class StoryCheckTests
{
    private static readonly DateTimeOffset s_from = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero), s_to = s_from.AddHours(1);
    private static readonly Truth s_weak = new("T1", "weak-signal", s_from, s_to, MustAlarm: true, NeedsTicket: false, "in the cellar");
    private static readonly Truth s_calm = new("T2", "weak-signal", s_from, s_to, MustAlarm: false, NeedsTicket: false, "in the sun");

    private static readonly Push s_raised = new("T1", "Shop", "weak-signal", Push.Raised, "en", "Weak", "Weak", [], s_from);
    private static readonly Push s_cleared = s_raised with { Event = Push.Cleared };

    [Fact]
    public void All_as_it_must_be_is_good() => Assert.True(Judge([Alert()], [s_raised, s_cleared]).IsGood);

    [Fact]
    public void An_alert_that_never_came_is_missed() => Assert.Equal(["no alert"], Wrong([], []));

    [Fact]
    public void Two_alerts_of_one_cause_are_one_too_many() => Assert.Equal(["2 alerts instead of one"], Wrong([Alert(), Alert()], [s_raised, s_cleared]));

    [Fact]
    public void An_alert_after_the_trouble_is_no_alert_of_it() =>
        Assert.Equal(["raised when it was not so"], Wrong([Alert() with { RaisedAt = Text(s_to) }], [s_raised, s_cleared]));

    [Fact]
    public void An_alert_may_neither_stand_nor_clear_too_early()
    {
        Assert.Equal(["not cleared"], Wrong([Alert() with { ClearedAt = null }], [s_raised, s_cleared]));
        Assert.Equal(["cleared too early"], Wrong([Alert() with { ClearedAt = Text(s_to.AddMinutes(-1)) }], [s_raised, s_cleared]));
    }

    [Fact]
    public void A_visit_that_nobody_needs_is_wrong() => Assert.Equal(["a ticket that nobody needs"], Wrong([Alert() with { Ticket = "K1" }], [s_raised, s_cleared]));

    [Fact]
    public void Another_merchant_s_push_does_not_count() =>
        Assert.Equal(["the merchant was not told"], Wrong([Alert()], [s_raised with { Merchant = "Other" }, s_cleared]));

    [Fact]
    public void A_look_alike_and_a_healthy_terminal_must_stay_quiet()
    {
        var check = Judge([Alert(), Alert() with { Terminal = "T2", Subject = "T2" }], [s_raised, s_cleared]);
        Assert.Equal(["a false alarm"], check.Happenings[1].Wrong);
        Assert.Equal(["T2"], check.Unexpected.Select(alert => alert.Terminal));
    }

    private static StoryCheck Judge(AlertView[] alerts, Push[] pushes) => StoryCheck.Judge([s_weak, s_calm], alerts, pushes);

    private static ImmutableArray<string> Wrong(AlertView[] alerts, Push[] pushes)
    {
        var check = Judge(alerts, pushes);
        Assert.False(check.IsGood);
        return check.Happenings[0].Wrong;
    }

    private static AlertView Alert() => new()
    {
        Id = "A1", Terminal = "T1", Subject = "T1", Site = "Site", Merchant = "Shop", Fault = "weak-signal", Severity = "warning", State = "cleared",
        RaisedAt = Text(s_from.AddMinutes(2)), ClearedAt = Text(s_to.AddMinutes(2)), Evidence = JsonElement.Parse("{}"),
        Incident = null, Cause = null, Ticket = null, SilencedUntil = null,
    };

    private static string Text(DateTimeOffset at) => at.ToString("O", System.Globalization.CultureInfo.InvariantCulture);
}
