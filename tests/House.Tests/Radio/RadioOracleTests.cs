using Fleet.House_Tests.Running;
using Fleet.Simulator.Replay;

namespace Fleet.House_Tests.Radio;

/// <summary>The oracle against rows made by hand, and the replay's reader of the recordings against the oracle's.</summary>
public sealed class RadioOracleTests
{
    private const double Weak = -110, Between = -104, Clear = -90;
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Two_weak_minutes_raise_and_two_clear_minutes_end_it() =>
        Assert.Equal([Alert(120, 260)], Judge((0, Weak), (60, Weak), (120, Weak), (140, Clear), (200, Clear), (260, Clear)));

    [Fact]
    public void Just_less_than_two_minutes_is_nothing() => Assert.Empty(Judge((0, Weak), (119, Weak), (120, Clear)));

    [Fact]
    public void Between_the_limits_neither_begins_nor_ends_anything() =>
        Assert.Equal([Alert(130, 400)], Judge((0, Weak), (60, Between), (120, Between), (130, Weak), (200, Clear), (300, Between), (400, Clear)));

    [Fact]
    public void A_clear_reading_ends_suspicion_and_a_weak_one_ends_recovery() =>
        Assert.Equal([Alert(180, 420)], Judge((0, Weak), (50, Clear), (60, Weak), (180, Weak), (200, Clear), (290, Weak), (300, Clear), (420, Clear)));

    [Fact]
    public void A_gap_of_more_than_a_quarter_of_an_hour_starts_anew() =>
        Assert.Equal([Alert(1_121, null)], Judge((0, Weak), (100, Weak), (1_001, Weak), (1_100, Weak), (1_121, Weak), (1_200, Clear), (2_101, Clear)));

    [Fact]
    public void What_comes_late_is_not_looked_at() =>
        Assert.Equal([Alert(120, null)], Judge((0, Weak), (60, Weak), (50, Clear), (120, Weak)));

    [Fact]
    public void The_replay_sends_every_row_of_the_recordings_as_the_file_has_it()
    {
        var folder = SharedFolder.Find("data", "radio");
        foreach (var path in Directory.EnumerateFiles(folder, "*.csv", SearchOption.AllDirectories))
        {
            var expected = RadioOracle.Read(path, s_start);
            var session = RadioSession.Read(path);
            Assert.Equal(expected.Select(r => (r.At, r.Rssi, r.Rsrp, r.Snr)), session.Rows.Select(r => (s_start + (r.RecordedAt - session.First), r.RssiDbm, r.RsrpDbm, r.SnrDb)));
            Assert.All(session.Rows, row => Assert.NotNull(row.Rat));
        }
        Assert.Equal(33, RadioSession.ReadAll(folder).Count);
    }

    [Fact]
    public void The_recordings_give_alarms_to_compare()
    {
        var folder = SharedFolder.Find("data", "radio");
        var alerts = Directory.EnumerateFiles(folder, "*.csv", SearchOption.AllDirectories).SelectMany(path => RadioOracle.WeakSignals(RadioOracle.Read(path, s_start))).ToArray();
        TestContext.Current.SendDiagnosticMessage($"{alerts.Length} weak-signal alerts, {alerts.Count(a => a.ClearedAt is not null)} of them cleared");
        Assert.Contains(alerts, alert => alert.ClearedAt is not null);
    }

    private static List<ExpectedAlert> Judge(params (int Second, double Rsrp)[] rows) =>
        RadioOracle.WeakSignals([.. rows.Select(row => new Reading(s_start.AddSeconds(row.Second), "LTE", null, row.Rsrp, null))]);

    private static ExpectedAlert Alert(int raised, int? cleared) =>
        new(s_start.AddSeconds(raised), cleared is { } second ? s_start.AddSeconds(second) : null);
}
