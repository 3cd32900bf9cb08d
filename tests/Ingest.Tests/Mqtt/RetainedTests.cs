using Fleet.Ingest.Mqtt.Packets;
using Fleet.Ingest.Mqtt.Sessions;
using Microsoft.Extensions.Time.Testing;
using MQTTnet.Packets;

namespace Fleet.Ingest_Tests.Mqtt;

public sealed class RetainedTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_filter_finds_what_a_look_at_every_topic_finds()
    {
        string[] topics = ["a/b/c", "a/b/c/d", "a/b/c/d/e", "a/b/c-1/d", "a/b/c.1/d", "a/b/c0", "a/b/c0/d", "a/b", "a", "b/b/c/d", "a//c/d", "///", "$SYS/a/b/c", "a/b/C/d"];
        string[] filters = ["a/b/c/#", "a/b/c/+", "a/b/c/+/e", "a/b/c/d/#", "a/b/+/d", "+/b/c/d", "a/#", "#", "a//c/#", "///#", "//+/#", "$SYS/a/b/#", "a/b/c", "no/such/topic/#"];
        var retained = new Retained(100_000, _time);
        foreach (var topic in topics) Assert.True(retained.TryKeep(Of(topic)));
        foreach (var filter in filters)
            Assert.Equal(topics.Where(t => TopicFilter.Matches(filter, t)).Order(), retained.Match(filter).Select(m => m.Topic).Order());
        foreach (var topic in topics) Assert.True(retained.TryKeep(Of(topic) with { Payload = default }));
        Assert.Equal((0, 0), (retained.Count, filters.Sum(f => retained.Match(f).Count())));
    }

    [Fact]
    public void A_terminals_own_messages_are_found_without_a_look_at_the_others()
    {
        var retained = new Retained(100_000_000, _time);
        for (var i = 0; i < 20_000; i++) retained.TryKeep(Of($"fleet/v1/S{i}/status"));
        Assert.Single(retained.Match("fleet/v1/S7/#"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Single(retained.Match("fleet/v1/S7/#"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8192);
    }

    [Fact]
    public void User_properties_take_room_too()
    {
        var packet = new MqttPublishPacket { Topic = "a", Payload = new([1]), Retain = true, UserProperties = [] };
        Assert.Null(Message.Of(packet, "a", 0).Properties);
        for (var i = 0; i < 1000; i++) packet.UserProperties.Add(new("", ReadOnlyMemory<byte>.Empty));
        Assert.False(new Retained(100_000, _time).TryKeep(Message.Of(packet, "a", 0)));
    }

    [Fact]
    public void The_expired_make_room_and_a_successor_needs_only_the_difference()
    {
        var retained = new Retained(1000, _time);
        var untilSoon = Of("a") with { ExpiresAtMs = _time.GetUtcNow().ToUnixTimeMilliseconds() + 5000, Payload = new byte[600] };
        Assert.True(retained.TryKeep(untilSoon));
        Assert.True(retained.TryKeep(untilSoon));
        Assert.False(retained.TryKeep(Of("b")));
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.True(retained.TryKeep(Of("b") with { Payload = new byte[600] }));
        Assert.Equal(1, retained.Count);
    }

    [Fact]
    public void Who_asks_again_and_again_and_takes_nothing_gets_no_more()
    {
        var retained = new Retained(100_000, _time);
        for (var i = 0; i < 30; i++) retained.TryKeep(Of($"a/{i}"));
        var session = new Session("c", "", new() { MaxQueuedPerClient = 10 }, new(long.MaxValue), _time); // nothing is acknowledged: all waits
        var router = new Router(new(), retained);
        for (var i = 0; i < 10; i++) router.SendRetained(new(session, "#", 1, false, false, 0));
        Assert.False(session.HasRoomForSnapshot(30));
        Assert.True(session.HasRoomForSnapshot(60)); // the first, and one more
    }

    private static Message Of(string topic) => new(topic, new byte[] { 1 }, 1, true);
}
