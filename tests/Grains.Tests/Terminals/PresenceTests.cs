using Fleet.Grains.Presence;

namespace Fleet.Grains_Tests.Terminals;

/// <summary>A terminal was heard at the tenth second and may be silent for three minutes; it is the second 1000.</summary>
public sealed class PresenceTests
{
    private static readonly Watch s_watch = new(DueAtMs: 190_000, HeardAtMs: 10_000, SilentAfterMs: 180_000);

    [Fact]
    public void Silence_that_would_have_been_heard_counts_at_once() => Assert.Equal(1_000_000, Counts(sinceMs: 5_000));

    [Fact]
    public void While_nobody_listens_it_is_asked_again_later() => Assert.Equal(1_030_000, Counts(sinceMs: null));

    [Fact]
    public void When_somebody_listens_again_it_gets_its_own_time_and_what_reconnecting_takes() => Assert.Equal(900_000 + 30_000 + 180_000, Counts(sinceMs: 900_000));

    private static long Counts(long? sinceMs) => PresenceGrain.HeardFrom(s_watch, sinceMs, nowMs: 1_000_000);
}
