namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>Last wills: when they are published, when not, and when late (3.1.2.5, 3.1.3.2).</summary>
public sealed class WillTests(Door door)
{
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(700);

    [Theory, Versions]
    [Normative("3.1.2-7 3.1.2-8", "3.1.2-8")]
    public async Task A_broken_connection_leaves_its_will(int version)
    {
        var (heir, topic) = await HeirAsync(version);
        for (var qos = 0; qos <= 2; qos++)
        {
            var testator = await door.ConnectAsync(version, c => c with { Will = new(topic, $"{qos}", qos) });
            testator.Break();
            Assert.Equal($"PUBLISH {topic} '{qos}' qos{qos}", (await heir.MessageAsync()).ToString());
        }
    }

    [Theory, Versions]
    [Normative("3.1.2-8", "3.1.2-8")]
    public async Task A_close_without_DISCONNECT_leaves_the_will(int version)
    {
        var (heir, topic) = await HeirAsync(version);
        await (await door.ConnectAsync(version, c => c with { Will = new(topic) })).DisposeAsync();
        await heir.ExpectAsync($"PUBLISH {topic} 'gone' qos0");
    }

    [Theory, Versions]
    [Normative("3.1.2-10 3.14.4-3", "3.1.2-10 3.14.4-3")]
    public async Task DISCONNECT_takes_the_will_back(int version)
    {
        var (heir, topic) = await HeirAsync(version);
        await (await door.ConnectAsync(version, c => c with { Will = new(topic) })).DisconnectAsync();
        await heir.HearsNothingAsync();
    }

    [Fact]
    [Normative("3.14.4-3")]
    public async Task DISCONNECT_with_an_error_leaves_the_will()
    {
        var (heir, topic) = await HeirAsync(5);
        await (await door.ConnectAsync(5, c => c with { Will = new(topic) })).DisconnectAsync(0x80);
        await heir.ExpectAsync($"PUBLISH {topic} 'gone' qos0");
    }

    [Theory, Versions]
    [Normative("3.1.2-8", "3.1.2-8 4.8.0-1")]
    public async Task Who_breaks_the_protocol_leaves_the_will(int version)
    {
        var (heir, topic) = await HeirAsync(version);
        var testator = await door.ConnectAsync(version, c => c with { Will = new(topic) });
        await testator.SendAsync(0xF7, 0); // reserved at 3.1.1, wrong flags at 5.0
        await heir.ExpectAsync($"PUBLISH {topic} 'gone' qos0");
    }

    [Theory, Versions]
    [Normative("3.1.2-14 3.1.2-15", "3.1.2-16 3.1.2-17")]
    public async Task A_will_is_retained_when_it_says_so(int version)
    {
        var topic = Names.New("will");
        var (heir, live) = await HeirAsync(version);
        (await door.ConnectAsync(version, c => c with { Will = new(live, "passing") })).Break();
        await heir.ExpectAsync($"PUBLISH {live} 'passing' qos0");
        await heir.SubscribeAsync(live);
        await heir.HearsNothingAsync();
        await heir.SubscribeAsync(topic);
        (await door.ConnectAsync(version, c => c with { Will = new(topic, "stays", Retain: true) })).Break();
        await heir.ExpectAsync($"PUBLISH {topic} 'stays' qos0");
        await heir.SubscribeAsync(topic);
        await heir.ExpectAsync($"PUBLISH {topic} 'stays' qos0 retain");
    }

    [Theory, Versions]
    [Normative("3.1.4-3 3.1.2-8", "3.1.4-2 3.1.2-8")]
    public async Task A_takeover_leaves_the_will_of_the_first(int version)
    {
        var (heir, topic) = await HeirAsync(version);
        var connect = new Connect(version) { Will = new(topic) };
        await door.ConnectAsync(connect);
        await door.ConnectAsync(connect with { Will = null });
        await heir.ExpectAsync($"PUBLISH {topic} 'gone' qos0");
        await heir.HearsNothingAsync();
    }

    [Theory, Versions]
    [Normative("3.1.2-10", "3.1.2-10")]
    public async Task A_will_is_left_once(int version)
    {
        var (heir, topic) = await HeirAsync(version);
        var connect = new Connect(version) { Will = new(topic) };
        (await door.ConnectAsync(connect)).Peer.Break();
        await heir.ExpectAsync($"PUBLISH {topic} 'gone' qos0");
        (await door.ConnectAsync(connect with { Will = null })).Peer.Break();
        await heir.HearsNothingAsync();
    }

    [Theory, Versions]
    [Normative("3.1.2-8", "3.1.2-8")]
    public async Task A_will_may_be_empty(int version)
    {
        var (heir, topic) = await HeirAsync(version);
        (await door.ConnectAsync(version, c => c with { Will = new(topic, "") })).Break();
        await heir.ExpectAsync($"PUBLISH {topic} '' qos0");
    }

    [Fact]
    [Normative("3.1.2-8 3.14.4-3")]
    public async Task DISCONNECT_with_0x04_leaves_the_will()
    {
        var (heir, topic) = await HeirAsync(5);
        await (await door.ConnectAsync(5, c => c with { Will = new(topic) })).DisconnectAsync(0x04);
        await heir.ExpectAsync($"PUBLISH {topic} 'gone' qos0");
    }

    [Fact]
    [Normative("3.1.2-8 3.1.3-10 3.3.2-6")]
    public async Task A_will_waits_for_its_delay_and_its_expiry_runs_from_its_publication()
    {
        var (heir, topic) = await HeirAsync(5);
        var testator = await door.ConnectAsync(5, c => c.Kept() with { Will = new(topic, Properties: new() { { Prop.WillDelay, 1 }, { Prop.MessageExpiry, 60 } }) });
        testator.Break();
        await heir.HearsNothingForAsync(s_soon);
        var will = await heir.MessageAsync();
        Assert.Equal((topic, 60u), (will.Topic, will.Properties.Number(Prop.MessageExpiry))); // of which the second that has passed takes nothing off
    }

    [Fact]
    [Normative("3.1.3-9")]
    public async Task A_client_back_in_time_takes_its_delayed_will_along()
    {
        var (heir, topic) = await HeirAsync(5);
        var connect = new Connect(5).Kept() with { Will = Delayed(topic, 1) };
        (await door.ConnectAsync(connect)).Peer.Break();
        await using var back = (await door.ConnectAsync(connect with { Will = null })).Peer;
        await heir.HearsNothingForAsync(TimeSpan.FromSeconds(1.8));
    }

    [Fact]
    [Normative("3.1.2-8")]
    public async Task A_delayed_will_does_not_outlive_its_session()
    {
        var (heir, topic) = await HeirAsync(5);
        (await door.ConnectAsync(5, c => c with { Will = Delayed(topic, 3600) })).Break();
        await heir.ExpectAsync($"PUBLISH {topic} 'gone' qos0");
        (await door.ConnectAsync(5, c => c.Kept(seconds: 1) with { Will = Delayed(topic, 3600) })).Break();
        await heir.HearsNothingForAsync(s_soon);
        await heir.ExpectAsync($"PUBLISH {topic} 'gone' qos0");
    }

    [Fact]
    [Normative("3.1.2-8 3.1.4-3")]
    public async Task A_clean_start_ends_the_session_and_so_brings_the_delayed_will()
    {
        var (heir, topic) = await HeirAsync(5);
        var connect = new Connect(5).Kept() with { Will = Delayed(topic, 3600) };
        (await door.ConnectAsync(connect)).Peer.Break();
        await using var anew = (await door.ConnectAsync(connect with { Clean = true, Will = null })).Peer;
        await heir.ExpectAsync($"PUBLISH {topic} 'gone' qos0");
    }

    [Fact]
    [Normative("3.1.4-3")]
    public async Task A_takeover_without_clean_start_takes_a_delayed_will_along()
    {
        var (heir, topic) = await HeirAsync(5);
        var connect = new Connect(5).Kept() with { Will = Delayed(topic, 3600) };
        var (first, _) = await door.ConnectAsync(connect);
        await using var second = (await door.ConnectAsync(connect with { Will = null })).Peer;
        await first.RefusedAsync(0x8E);
        await heir.HearsNothingAsync();
    }

    [Fact]
    [Normative("3.1.3-10 3.3.2-4 3.3.2-5 3.3.2-15 3.3.2-16 3.3.2-20")]
    public async Task A_will_has_its_properties()
    {
        var (heir, topic) = await HeirAsync(5);
        var properties = new Props { { Prop.PayloadFormat, 1 }, { Prop.MessageExpiry, 60 }, { Prop.ContentType, "text" }, { Prop.ResponseTopic, "r" }, { Prop.CorrelationData, new byte[] { 1, 2 } }, { Prop.UserProperty, ("b", "1") }, { Prop.UserProperty, ("a", "2") } };
        (await door.ConnectAsync(5, c => c with { Will = new(topic, "gone", 1, Properties: properties) })).Break();
        var will = await heir.MessageAsync();
        Assert.Equal((1u, "text", "r"), (will.Properties.Number(Prop.PayloadFormat), will.Properties.Text(Prop.ContentType), will.Properties.Text(Prop.ResponseTopic)));
        Assert.InRange(will.Properties.Number(Prop.MessageExpiry)!.Value, 55u, 60u);
        Assert.Equal([1, 2], will.Properties.All<byte[]>(Prop.CorrelationData).Single());
        Assert.Equal([("b", "1"), ("a", "2")], will.Properties.All<(string, string)>(Prop.UserProperty));
        Assert.Null(will.Properties.Number(Prop.WillDelay));
    }

    private static Will Delayed(string topic, uint seconds) => new(topic, Properties: new() { { Prop.WillDelay, seconds } });

    private async Task<(Peer Heir, string Topic)> HeirAsync(int version)
    {
        var (heir, topic) = (await door.ConnectAsync(version), Names.New("will"));
        await heir.SubscribeAsync(topic, 2);
        return (heir, topic);
    }
}
