using Fleet.Ingest.Bridge;
using Microsoft.Extensions.Time.Testing;

namespace Fleet.Ingest_Tests.Bridge;

/// <summary>Whose silence counts while a bridged broker is away. Times are seconds after our start.</summary>
public sealed class EarshotTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly long _startMs;
    private readonly Earshot _earshot;
    private readonly Earshot.Standing _near, _far;

    public EarshotTests()
    {
        _startMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
        _earshot = new(_time);
        (_near, _far) = (_earshot.Add("near:1883"), _earshot.Add("far:1883"));
    }

    [Fact]
    public void Who_spoke_at_a_broker_that_is_away_is_not_silent_and_counts_anew_when_it_is_back()
    {
        At(1, _near.Begin);
        At(2, _far.Begin);
        _earshot.Note("T1", _near);
        At(100, _near.End);
        Assert.Null(Since("T1", heardAt: 99));
        _earshot.Note("T2", _far);
        Assert.Equal(2, Since("T2", heardAt: 99)); // of another one: it would have been heard
        At(400, _near.Begin);
        Assert.Equal(400, Since("T1", heardAt: 99));
    }

    [Fact]
    public void Who_has_spoken_elsewhere_since_is_judged_as_ever()
    {
        At(1, _near.Begin);
        _earshot.Note("T1", _near);
        At(100, _near.End);
        Assert.Equal(-_startMs / 1000, Since("T1", heardAt: 200));
    }

    [Fact]
    public void Who_was_not_heard_since_our_start_may_be_anywhere_until_all_brokers_are_there_or_an_hour_is_over()
    {
        At(10, _near.Begin);
        Assert.Null(Since("T1", heardAt: -50));
        At(20, _far.Begin);
        Assert.Equal(20, Since("T1", heardAt: -50));
        At(30, _far.End);
        Assert.Null(Since("T1", heardAt: -50));
        At(3700, _ => { });
        Assert.Equal(-_startMs / 1000, Since("T1", heardAt: -50));
    }

    [Fact]
    public void Who_speaks_at_our_own_door_has_nothing_to_do_with_them() => Assert.Equal(-_startMs / 1000, Since("T1", heardAt: 5));

    private void At(double seconds, Action<long> then)
    {
        _time.SetUtcNow(DateTimeOffset.FromUnixTimeMilliseconds(_startMs).AddSeconds(seconds));
        then(_time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    /// <summary>Seconds after our start; far before it for ever.</summary>
    private double? Since(string serial, double heardAt) => (_earshot.SinceMs(serial, _startMs + (long)(heardAt * 1000)) - _startMs) / 1000d;
}
