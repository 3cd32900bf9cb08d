using System.Text;
using System.Text.Json;
using Fleet.Simulator;
using Fleet.Simulator.Stories;
using Fleet.Simulator.Terminals;

namespace Fleet.House_Tests;

/// <summary>The simulator's terminals are repeatable, and healthy unless a story says otherwise.</summary>
public sealed class SimulatedTerminalTests
{
    private static readonly DateTimeOffset s_start = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void The_same_seed_says_the_same() => Assert.Equal(Texts(Live(seed: 7, minutes: 500)), Texts(Live(seed: 7, minutes: 500)));

    [Fact]
    public void Another_seed_says_something_else() => Assert.NotEqual(Texts(Live(seed: 7, minutes: 5)), Texts(Live(seed: 8, minutes: 5)));

    [Fact]
    public void A_healthy_week_is_never_weak_and_never_without_paper()
    {
        for (var seed = 0; seed < 10; seed++)
        {
            var readings = Live(seed, minutes: 7 * 24 * 60);
            Assert.All(readings, reading => Assert.True(reading.GetProperty("signal").GetProperty("rsrp").GetDouble() >= -102));
            Assert.All(readings, reading => Assert.True(reading.GetProperty("signal").GetProperty("snr").GetDouble() >= 2));
            Assert.All(readings, reading => Assert.True(reading.GetProperty("printer").GetProperty("paper").GetDouble() > 0.3));
        }
    }

    [Fact]
    public void In_the_shadow_every_reading_is_weak() => Assert.All(Live(seed: 1, minutes: 1_000, Trouble.WeakSignal), reading =>
        Assert.True(reading.GetProperty("signal").GetProperty("rsrp").GetDouble() < -105 && reading.GetProperty("signal").GetProperty("snr").GetDouble() < 1));

    [Fact]
    public void A_worn_reader_fails_on_many_cards_and_a_damaged_card_on_one()
    {
        var worn = Live(seed: 1, minutes: 120, Trouble.SwipeReaderWorn | Trouble.Rush)[^1].GetProperty("reader").GetProperty("swipe");
        Assert.True(worn.GetProperty("cards").GetInt64() > 20);
        var damaged = Live(seed: 1, minutes: 4, Trouble.DamagedCard);
        var (first, last) = (damaged[0].GetProperty("reader").GetProperty("swipe"), damaged[^1].GetProperty("reader").GetProperty("swipe"));
        Assert.Equal(first.GetProperty("cards").GetInt64(), last.GetProperty("cards").GetInt64());
        Assert.True(last.GetProperty("failed").GetInt64() >= 12);
    }

    [Fact]
    public void The_demo_s_roll_runs_out_and_is_changed()
    {
        var clock = SimulatedClock.OverRealTime(s_start, speed: 100, TimeSpan.FromMinutes(2));
        string[] serials = [.. Enumerable.Range(1, Story.DemoTerminals).Select(i => $"T{i}")];
        var story = Story.Demo(serials, clock);
        var truth = Assert.Single(story.Truths, truth => truth.Fault == "paper-out");
        var random = new Random(1);
        var terminal = new SimulatedTerminal(story.Adjust(TerminalProfile.Healthy(truth.Serial, random)), seed: 1, clock.Start);
        var events = new List<OutgoingMessage>();
        for (var at = clock.Start; at <= clock.CaughtUp; at += s_minute)
            events.AddRange(terminal.Advance(at, story.TroubleOf(truth.Serial, at), s_minute).Where(message => message.Level == "event"));
        Assert.Collection(events,
            ranOut => Assert.Equal("paper-out", Json(ranOut).GetProperty("printer").GetProperty("state").GetString()),
            changed => Assert.True(changed.At >= truth.To && Json(changed).GetProperty("printer").GetProperty("state").ValueEquals("ok")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    public void No_report_comes_from_the_future(double speed)
    {
        var clock = SimulatedClock.OverRealTime(s_start, speed, TimeSpan.FromMinutes(3));
        for (var at = clock.Start; at < clock.CaughtUp + TimeSpan.FromHours(1); at += s_minute)
            Assert.True(at <= clock.RealAt(at));
        Assert.Equal(s_start, clock.RealAt(clock.Start));
    }

    [Fact]
    public void The_report_that_catches_up_states_the_interval_that_really_follows()
    {
        var clock = SimulatedClock.OverRealTime(s_start, speed: 60, TimeSpan.FromMinutes(3));
        Assert.Equal(TimeSpan.FromSeconds(1), clock.RealInterval(clock.Start, s_minute));
        Assert.Equal(TimeSpan.FromSeconds(30.5), clock.RealInterval(clock.CaughtUp - s_minute / 2, s_minute));
        Assert.Equal(s_minute, clock.RealInterval(clock.CaughtUp, s_minute));
    }

    /// <summary>The reports of a life, a minute apart.</summary>
    private static List<JsonElement> Live(int seed, int minutes, Trouble trouble = Trouble.None)
    {
        var terminal = new SimulatedTerminal(TerminalProfile.Healthy("T1", new Random(seed)), seed, s_start);
        return [.. Enumerable.Range(1, minutes)
            .SelectMany(minute => terminal.Advance(s_start + minute * s_minute, trouble, s_minute))
            .Where(message => message.Level == "report").Select(Json)];
    }

    private static JsonElement Json(OutgoingMessage message) => JsonSerializer.Deserialize<JsonElement>(Encoding.UTF8.GetString(message.Payload));

    private static IEnumerable<string> Texts(IEnumerable<JsonElement> readings) => readings.Select(reading => reading.GetRawText());
}
