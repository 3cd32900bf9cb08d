using Fleet.Ingest.Mqtt;
using Fleet.Ingest.Mqtt.Sessions;

namespace Fleet.Ingest_Tests.Mqtt;

public sealed class WatcherTests
{
    private readonly TelemetryWatchers _watchers = new();
    private readonly Session _session = new("c", "", new(), new(long.MaxValue), TimeProvider.System);

    [Theory]
    [InlineData("#", true, true), InlineData("fleet/v1/#", true, true), InlineData("+/v1/+/report", true, true), InlineData("$share/g/fleet/v1/+/#", true, true)]
    [InlineData("fleet/v1/T1/#", true, false), InlineData("fleet/+/T1/+", true, false), InlineData("$share/g/fleet/v1/T1/report", true, false)]
    [InlineData("fleet/v1/T1/command", false, false), InlineData("fleet/v1/+/status", false, false), InlineData("other/#", false, false), InlineData("fleet/v1/T1/a/b", false, false)]
    public void A_filter_sends_the_long_way_what_it_could_match(string filter, bool t1, bool t2)
    {
        var subscription = Of(filter, 1);
        _watchers.Change(null, subscription);
        Assert.Equal((t1, t2), (_watchers.Watch("T1"u8), _watchers.Watch("T2"u8)));
        _watchers.Change(subscription, null);
        Assert.False(_watchers.Watch("T1"u8));
    }

    [Theory]
    [InlineData("fleet/v1/#"), InlineData("fleet/v1/T1/#")]
    public void A_shared_subscription_that_ends_leaves_the_plain_one_of_the_same_client(string filter)
    {
        var (plain, shared) = (Of(filter, 1), Of($"$share/g/{filter}", 1));
        _watchers.Change(null, plain);
        _watchers.Change(null, shared);
        _watchers.Change(shared, null);
        Assert.True(_watchers.Watch("T1"u8));
        var renewed = Of(filter, 1);
        _watchers.Change(plain, renewed);
        Assert.True(_watchers.Watch("T1"u8));
        _watchers.Change(renewed, null);
        Assert.False(_watchers.Watch("T1"u8));
    }

    [Fact]
    public void One_more_terminal_that_watches_itself_costs_the_same_beside_ten_thousand()
    {
        for (var i = 0; i < 10_000; i++) _watchers.Change(null, Of($"fleet/v1/S{i}/#", 1));
        var one = Of("fleet/v1/T1/#", 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            _watchers.Change(null, one);
            _watchers.Change(one, null);
        }
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 0, 4096);
    }

    private Subscription Of(string filter, int qos) => new(_session, filter, qos, false, false, 0);
}
