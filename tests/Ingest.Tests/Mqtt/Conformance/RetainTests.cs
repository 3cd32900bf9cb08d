namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>Retained messages (3.3.1.3) and what a subscription asks of them (3.8.3.1).</summary>
public sealed class RetainTests(Door door)
{
    private const int AsPublished = 0x08, OnlyNew = 0x10, Never = 0x20;

    [Theory, Versions]
    [Normative("3.3.1-5 3.3.1-9", "3.3.1-5 3.3.1-6 3.3.1-8")]
    public async Task A_retained_message_waits_for_new_subscriptions(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("retained"));
        for (var qos = 0; qos <= 2; qos++) await peer.PublishAsync($"{topic}/{qos}", "x", qos, retain: true);
        await peer.HearsNothingAsync();
        await peer.SubscribeAsync($"{topic}/+", 2);
        Assert.Equal(Enumerable.Range(0, 3).Select(q => $"PUBLISH {topic}/{q} 'x' qos{q} retain"), (await peer.MessagesAsync(3)).Order());
        await peer.HearsNothingAsync();
    }

    [Theory, Versions]
    [Normative("3.3.1-5", "3.3.1-5 3.3.1-6")]
    public async Task Only_the_last_of_a_topic_is_retained(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("last"));
        for (var i = 1; i <= 3; i++) await peer.PublishAsync(topic, $"{i}", 1, retain: true);
        await peer.SubscribeAsync(topic, 1);
        Assert.Equal($"PUBLISH {topic} '3' qos1 retain", (await peer.MessageAsync()).ToString());
        await peer.HearsNothingAsync();
    }

    [Theory, Versions]
    [Normative("3.3.1-6 3.3.1-7", "3.3.1-10 3.3.1-11")]
    public async Task An_empty_one_clears_and_is_not_kept_but_is_delivered(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("cleared"));
        await peer.PublishAsync(topic, "x", 1, retain: true);
        var reader = await door.ConnectAsync(version);
        await reader.SubscribeAsync(topic, 1);
        await reader.MessageAsync();
        await peer.PublishAsync(topic, "", 1, retain: true);
        Assert.Equal($"PUBLISH {topic} '' qos1", (await reader.MessageAsync()).ToString());
        await peer.SubscribeAsync(topic, 1);
        await peer.HearsNothingAsync();
    }

    [Theory, Versions]
    [Normative("3.3.1-8", "3.3.1-12")]
    public async Task A_message_that_is_not_retained_changes_nothing_of_what_is(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("kept"));
        await peer.PublishAsync(topic, "kept", 1, retain: true);
        await peer.PublishAsync(topic, "passing", 1);
        await peer.PublishAsync(topic, "", 1);
        await peer.SubscribeAsync(topic, 1);
        Assert.Equal($"PUBLISH {topic} 'kept' qos1 retain", (await peer.MessageAsync()).ToString());
        await peer.HearsNothingAsync();
    }

    [Theory, Versions]
    [Normative("3.3.1-12", "3.3.1-9")]
    public async Task Who_subscribed_before_sees_no_retain_flag(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("before"));
        await peer.SubscribeAsync(topic, 1);
        await peer.PublishAsync(topic, "x", 1, retain: true);
        Assert.Equal($"PUBLISH {topic} 'x' qos1", (await peer.MessageAsync()).ToString());
    }

    [Theory, Versions]
    [Normative("3.8.4-4", "3.8.4-3")]
    public async Task Subscribing_again_brings_the_retained_message_again(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("again"));
        await peer.PublishAsync(topic, "x", 1, retain: true);
        for (var i = 0; i < 2; i++)
        {
            await peer.SubscribeAsync(topic, 1);
            Assert.Equal($"PUBLISH {topic} 'x' qos1 retain", (await peer.MessageAsync()).ToString());
        }
        await peer.HearsNothingAsync();
    }

    [Theory, Versions]
    [Normative("3.1.2-4", "3.1.2-7")]
    public async Task Retained_messages_do_not_end_with_the_session_that_left_them(int version)
    {
        var (writer, topic) = (await door.ConnectAsync(version), Names.New("outlives"));
        await writer.PublishAsync(topic, "x", 1, retain: true);
        await writer.DisconnectAsync();
        var reader = await door.ConnectAsync(version);
        await reader.SubscribeAsync(topic);
        await reader.ExpectAsync($"PUBLISH {topic} 'x' qos0 retain");
    }

    [Theory, Versions]
    [Normative("3.8.4-8 3.3.1-9", "3.8.4-6 3.3.1-6")]
    public async Task A_retained_message_comes_at_the_lower_QoS(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("lower"));
        await peer.PublishAsync(topic, "x", 2, retain: true);
        for (var qos = 0; qos <= 2; qos++)
        {
            await peer.SubscribeAsync(topic, qos);
            Assert.Equal($"PUBLISH {topic} 'x' qos{qos} retain", (await peer.MessageAsync()).ToString());
        }
    }

    [Fact]
    [Normative("3.3.1-10")]
    public async Task With_retain_handling_1_it_comes_to_a_new_subscription_only()
    {
        var (peer, topic) = (await door.ConnectAsync(5), Names.New("onlynew"));
        await peer.PublishAsync(topic, "x", 1, retain: true);
        await peer.SubscribeAsync(topic, 1 | OnlyNew);
        Assert.Equal($"PUBLISH {topic} 'x' qos1 retain", (await peer.MessageAsync()).ToString());
        await peer.SubscribeAsync(topic, 1 | OnlyNew);
        await peer.HearsNothingAsync();
        await peer.UnsubscribeAsync(topic);
        await peer.SubscribeAsync(topic, 1 | OnlyNew);
        Assert.Equal($"PUBLISH {topic} 'x' qos1 retain", (await peer.MessageAsync()).ToString());
    }

    [Fact]
    [Normative("3.3.1-11")]
    public async Task With_retain_handling_2_it_does_not_come()
    {
        var (peer, topic) = (await door.ConnectAsync(5), Names.New("never"));
        await peer.PublishAsync(topic, "x", 1, retain: true);
        await peer.SubscribeAsync(topic, 1 | Never);
        await peer.HearsNothingAsync();
        await peer.PublishAsync(topic, "y", 1, retain: true);
        Assert.Equal($"PUBLISH {topic} 'y' qos1", (await peer.MessageAsync()).ToString());
    }

    [Fact]
    [Normative("3.3.1-13")]
    public async Task With_retain_as_published_the_flag_is_as_it_was_sent()
    {
        var (peer, topic) = (await door.ConnectAsync(5), Names.New("aspublished"));
        await peer.SubscribeAsync(topic, 1 | AsPublished);
        await peer.PublishAsync(topic, "1", 1, retain: true);
        await peer.PublishAsync(topic, "2", 1);
        Assert.Equal([$"PUBLISH {topic} '1' qos1 retain", $"PUBLISH {topic} '2' qos1"], await peer.MessagesAsync(2));
    }

    [Fact]
    [Normative("3.3.2-4 3.3.2-15 3.3.2-16 3.3.2-17 3.3.2-18 3.3.2-20")]
    public async Task A_retained_message_keeps_its_properties()
    {
        var (peer, topic) = (await door.ConnectAsync(5), Names.New("props"));
        var properties = new Props { { Prop.PayloadFormat, 1 }, { Prop.ContentType, "text" }, { Prop.ResponseTopic, "r" }, { Prop.CorrelationData, new byte[] { 1 } }, { Prop.UserProperty, ("b", "1") }, { Prop.UserProperty, ("a", "2") } };
        await peer.PublishAsync(topic, "x", 1, retain: true, properties);
        await peer.SubscribeAsync(topic, 1, new() { { Prop.SubscriptionIdentifier, 9 } });
        var message = await peer.MessageAsync();
        Assert.Equal(9u, message.Properties.Number(Prop.SubscriptionIdentifier));
        Assert.Equal([("b", "1"), ("a", "2")], message.Properties.All<(string, string)>(Prop.UserProperty));
        Assert.Equal((1u, "text", "r"), (message.Properties.Number(Prop.PayloadFormat), message.Properties.Text(Prop.ContentType), message.Properties.Text(Prop.ResponseTopic)));
        Assert.Equal([1], message.Properties.All<byte[]>(Prop.CorrelationData).Single());
    }

    [Fact]
    [Normative("3.3.2-5 3.3.2-6")]
    public async Task A_retained_message_expires_and_says_until_then_how_long_it_has()
    {
        var (peer, topic) = (await door.ConnectAsync(5), Names.New("expires"));
        await peer.PublishAsync($"{topic}/short", "x", 1, retain: true, new() { { Prop.MessageExpiry, 1 } });
        await peer.PublishAsync($"{topic}/long", "x", 1, retain: true, new() { { Prop.MessageExpiry, 60 } });
        await Task.Delay(TimeSpan.FromSeconds(2.1));
        await peer.SubscribeAsync($"{topic}/#", 1);
        var message = await peer.MessageAsync();
        Assert.Equal($"PUBLISH {topic}/long 'x' qos1 retain", message.ToString());
        Assert.InRange(message.Properties.Number(Prop.MessageExpiry)!.Value, 50u, 58u);
        await peer.HearsNothingAsync();
    }
}
