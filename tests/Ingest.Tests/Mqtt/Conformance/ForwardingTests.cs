namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>What MQTT 5 sends along with a message: passed on as it is, but for the expiry, which runs down (3.3.2.3).</summary>
public sealed class ForwardingTests(Door door)
{
    private const byte Malformed = 0x81, ProtocolError = 0x82, TopicNameInvalid = 0x90, PayloadFormatInvalid = 0x99;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [Normative("3.3.2-4 3.3.2-15 3.3.2-16 3.3.2-17 3.3.2-18 3.3.2-20")]
    public async Task Properties_are_passed_on_unaltered_and_user_properties_in_their_order(int qos)
    {
        var (peer, topic) = (await door.ConnectAsync(5), Names.New("props"));
        await peer.SubscribeAsync(topic, 2);
        var sent = new Props
        {
            { Prop.PayloadFormat, 1 }, { Prop.ContentType, "text/plain; charset=utf-8" }, { Prop.ResponseTopic, "answers/here" }, { Prop.CorrelationData, new byte[] { 0, 1, 0xFF } },
            { Prop.UserProperty, ("z", "1") }, { Prop.UserProperty, ("a", "2") }, { Prop.UserProperty, ("z", "1") }, { Prop.UserProperty, ("", "") }, { Prop.UserProperty, ("名", "前") },
        };
        await peer.PublishAsync(topic, "x", qos, properties: sent);
        var heard = (await peer.MessageAsync()).Properties;
        Assert.Equal(sent.All<(string, string)>(Prop.UserProperty), heard.All<(string, string)>(Prop.UserProperty));
        Assert.Equal((1u, "text/plain; charset=utf-8", "answers/here"), (heard.Number(Prop.PayloadFormat), heard.Text(Prop.ContentType), heard.Text(Prop.ResponseTopic)));
        Assert.Equal([0, 1, 0xFF], heard.All<byte[]>(Prop.CorrelationData).Single());
        Assert.Equal(sent.Count, heard.Count);
    }

    [Fact]
    [Normative("3.3.2-4")]
    public async Task A_message_without_properties_gets_none_and_one_of_5_is_plain_at_3()
    {
        var (at5, at3, topic) = (await door.ConnectAsync(5), await door.ConnectAsync(4), Names.New("plain"));
        await at5.SubscribeAsync(topic);
        await at3.SubscribeAsync(topic);
        await at3.PublishAsync(topic, "x", 1);
        Assert.Empty((await at5.MessageAsync()).Properties);
        await at3.ExpectAsync($"PUBLISH {topic} 'x' qos0");
        await at5.PublishAsync(topic, "y", 1, properties: new() { { Prop.UserProperty, ("a", "b") } });
        await at3.ExpectAsync($"PUBLISH {topic} 'y' qos0");
    }

    [Fact]
    [Normative("3.3.2-5 3.3.2-6")]
    public async Task A_message_that_waits_too_long_expires_and_others_say_what_is_left()
    {
        var (connect, topic) = (new Connect(5).Kept(), Names.New("expiry"));
        var (reader, _) = await door.ConnectAsync(connect);
        await reader.SubscribeAsync(topic, 2);
        await reader.DisconnectAsync();
        var writer = await door.ConnectAsync(5);
        foreach (var seconds in (int[])[1, 60]) await writer.PublishAsync(topic, $"{seconds}", 1 + (seconds % 2), properties: Expires(seconds));
        await writer.PublishAsync(topic, "never", 1);
        await Task.Delay(TimeSpan.FromSeconds(2.1));
        (reader, _) = await door.ConnectAsync(connect);
        var (left, never) = (await reader.MessageAsync(), await reader.MessageAsync());
        Assert.Equal(("60", "never"), (left.Text, never.Text));
        Assert.InRange(left.Properties.Number(Prop.MessageExpiry)!.Value, 50u, 58u);
        Assert.Null(never.Properties.Number(Prop.MessageExpiry));
    }

    [Fact]
    [Normative("3.3.2-6")]
    public async Task A_message_that_did_not_wait_has_its_whole_time()
    {
        var (peer, topic) = (await door.ConnectAsync(5), Names.New("expiry"));
        await peer.SubscribeAsync(topic);
        await peer.PublishAsync(topic, "x", properties: Expires(600));
        Assert.InRange((await peer.MessageAsync()).Properties.Number(Prop.MessageExpiry)!.Value, 599u, 600u);
    }

    [Fact]
    [Normative("3.3.2-14 2.2.2-1 3.3.2-13")]
    public async Task Properties_of_a_PUBLISH_stand_once_and_in_their_range()
    {
        foreach (var once in ((Prop, object)[])[(Prop.PayloadFormat, 1u), (Prop.MessageExpiry, 1u), (Prop.ContentType, "a"), (Prop.ResponseTopic, "a"), (Prop.CorrelationData, new byte[] { 1 }), (Prop.TopicAlias, 1u)])
            await RefusesAsync(new Props { once, once }.Bytes());
        await RefusesAsync(new Props { { Prop.PayloadFormat, 2 } }.Bytes());
        await RefusesAsync(new Props { { Prop.ResponseTopic, "a/+" } }.Bytes());
        await RefusesAsync(new Props { { Prop.ResponseTopic, "#" } }.Bytes());
        await RefusesAsync(new Props { { Prop.SessionExpiry, 1 } }.Bytes()); // not a PUBLISH's
        await RefusesAsync([2, 0x7E, 0]); // no such property
        await RefusesAsync([5, (byte)Prop.MessageExpiry, 0]); // longer than the packet

        Task RefusesAsync(byte[] properties) => door.RefusesAsync(5, Bits.Frame(0x30, Bits.Text("t"), properties), Malformed, ProtocolError, TopicNameInvalid, PayloadFormatInvalid);
    }

    private static Props Expires(int seconds) => new() { { Prop.MessageExpiry, seconds } };
}
