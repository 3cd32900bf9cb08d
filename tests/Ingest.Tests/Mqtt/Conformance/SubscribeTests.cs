namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>SUBSCRIBE and UNSUBSCRIBE (3.8 to 3.11).</summary>
public sealed class SubscribeTests(Door door)
{
    private const int NoLocal = 0x04;
    private const byte Malformed = 0x81, ProtocolError = 0x82, FilterInvalid = 0x8F, IdsNotSupported = 0xA1;

    [Theory, Versions]
    [Normative("3.8.4-1 3.8.4-2 3.8.4-5 3.8.4-6 3.9.3-1 3.9.3-2", "3.8.4-1 3.8.4-2 3.8.4-4 3.8.4-5 3.9.3-1 3.9.3-2")]
    public async Task Each_filter_of_a_SUBSCRIBE_has_its_code_in_its_place(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("many"));
        await peer.SendAsync(peer.SubscribeBytes(0xBEEF, null, ($"{topic}/a", 2), ($"{topic}/b", 0), ($"{topic}/c", 1)));
        await peer.ExpectAsync($"SUBACK {0xBEEF} 0x02 0x00 0x01");
        await peer.PublishAsync($"{topic}/b", "x", 2);
        await peer.ExpectAsync($"PUBLISH {topic}/b 'x' qos0");
    }

    [Theory, Versions]
    [Normative("3.8.4-3", "3.8.4-3")]
    public async Task Subscribing_again_replaces_the_subscription(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("replaced"));
        await peer.SubscribeAsync(topic, 2);
        Assert.Equal(0, (await peer.SubscribeAsync(topic, 0)).Reason);
        await peer.PublishAsync(topic, "x", 2);
        await peer.ExpectAsync($"PUBLISH {topic} 'x' qos0");
        await peer.HearsNothingAsync();
    }

    [Theory, Versions]
    [Normative("3.10.4-1 3.10.4-2 3.10.4-4 3.10.4-5 3.10.4-6 3.11.3-1 3.11.3-2", "3.10.4-1 3.10.4-2 3.10.4-4 3.10.4-5 3.10.4-6")]
    public async Task UNSUBSCRIBE_ends_what_it_names_and_says_what_it_found(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("ended"));
        await peer.SubscribeAsync(null, ($"{topic}/a", 1), ($"{topic}/b", 1), ($"{topic}/+", 0));
        await peer.UnsubscribeAsync($"{topic}/+");
        var answer = await peer.UnsubscribeAsync($"{topic}/a", $"{topic}/c", $"{topic}/#");
        Assert.Equal(version == 5 ? [0, 0x11, 0x11] : [], answer.Reasons);
        await peer.PublishAsync($"{topic}/a", "x");
        await peer.PublishAsync($"{topic}/b", "x");
        await peer.ExpectAsync($"PUBLISH {topic}/b 'x' qos0");
        await peer.HearsNothingAsync();
    }

    [Theory, Versions]
    [Normative("3.10.4-3", "3.10.4-3")]
    public async Task What_was_on_its_way_when_it_was_unsubscribed_is_completed(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("completed"));
        await peer.SubscribeAsync(topic, 2);
        await peer.PublishAsync(topic, "x", 2);
        var message = await peer.NextAsync();
        await peer.UnsubscribeAsync(topic);
        await peer.AcknowledgeAsync(PacketType.PubRec, message.Id);
        await peer.ExpectAsync($"PUBREL {message.Id}");
    }

    [Theory, Versions]
    [Normative("3.3.4-2", "3.3.5-1")]
    public async Task Overlapping_subscriptions_bring_the_message_at_their_highest_QoS(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("overlap"));
        await peer.SubscribeAsync(null, ($"{topic}/#", 0), ($"{topic}/+", 2), ($"{topic}/a", 1));
        await peer.PublishAsync($"{topic}/a", "x", 2);
        Assert.Contains($"PUBLISH {topic}/a 'x' qos2", await peer.OnTheirWayAsync());
    }

    [Theory, Versions]
    [Normative("3.8.1-1 3.8.3-2 3.10.1-1 3.10.3-2 2.2.1-3", "3.8.1-1 3.8.3-3 3.10.1-1 3.10.3-2 2.3.1-1")]
    public async Task Requests_without_filter_identifier_or_the_right_flags_are_refused(int version)
    {
        byte[] none = version == 5 ? [0] : [];
        var filter = Bits.Text("t");
        await door.RefusesAsync(version, Bits.Frame(0x82, Bits.U16(1), none), ProtocolError, Malformed);
        await door.RefusesAsync(version, Bits.Frame(0xA2, Bits.U16(1), none), ProtocolError, Malformed);
        await door.RefusesAsync(version, Bits.Frame(0x80, Bits.U16(1), none, filter, [0]), Malformed);
        await door.RefusesAsync(version, Bits.Frame(0xA0, Bits.U16(1), none, filter), Malformed);
        await door.RefusesAsync(version, Bits.Frame(0x82, Bits.U16(0), none, filter, [0]), ProtocolError, Malformed);
        await door.RefusesAsync(version, Bits.Frame(0xA2, Bits.U16(0), none, filter), ProtocolError, Malformed);
        await door.RefusesAsync(version, Bits.Frame(0x82, Bits.U16(1), none, filter), ProtocolError, Malformed); // without options
    }

    [Theory, Versions]
    [Normative("3.8.3-5", "3.8.3-4")]
    public async Task Subscription_options_that_do_not_exist_are_refused(int version)
    {
        foreach (var options in (byte[])(version == 5 ? [0x03, 0x30, 0x40, 0x80] : [0x03, 0x04, 0x80]))
            await door.RefusesAsync(version, Bits.Frame(0x82, Bits.U16(1), version == 5 ? [0] : [], Bits.Text("t"), [options]), Malformed, ProtocolError);
    }

    [Theory, Versions]
    [Normative("4.7.1-1 4.7.1-2 4.7.3-1", "4.7.1-2 4.7.1-3 4.7.3-1")]
    public async Task Filters_that_are_none_are_refused(int version)
    {
        foreach (var filter in (string[])["", "a/#/b", "a#", "a/#b", "+a", "a/b+", "a/+b/c", "#/", "++"])
        {
            await using var peer = await door.ConnectAsync(version);
            await peer.SendAsync(peer.SubscribeBytes(7, null, (filter, 0)));
            var answer = await peer.NextAsync();
            if (version == 4) Assert.Contains(answer.ToString(), (string[])["closed", "SUBACK 7 0x80"]);
            else Assert.True(answer.Type is PacketType.SubAck or PacketType.Disconnect && answer.Reason is FilterInvalid or Malformed or ProtocolError, $"'{filter}': {answer}");
        }
    }

    [Fact]
    [Normative("3.8.3-3")]
    public async Task With_no_local_one_does_not_hear_oneself()
    {
        var (me, other, topic) = (await door.ConnectAsync(5), await door.ConnectAsync(5), Names.New("local"));
        await me.SubscribeAsync(topic, 1 | NoLocal);
        await other.SubscribeAsync(topic, 1 | NoLocal);
        await me.PublishAsync(topic, "mine", 1);
        await other.ExpectAsync($"PUBLISH {topic} 'mine' qos1");
        await me.HearsNothingAsync();
    }

    [Fact]
    [Normative("3.8.3-3")]
    public async Task With_no_local_and_another_subscription_one_hears_oneself_by_the_other()
    {
        var (me, topic) = (await door.ConnectAsync(5), Names.New("local"));
        await me.SubscribeAsync(topic, 2 | NoLocal);
        await me.SubscribeAsync($"{topic}/#", 0);
        await me.PublishAsync(topic, "mine", 2);
        await me.ExpectAsync($"PUBLISH {topic} 'mine' qos0");
        await me.HearsNothingAsync();
    }

    [Fact]
    [Normative("3.3.4-3 3.3.4-4 3.3.4-5")]
    public async Task A_message_names_the_identifiers_of_the_subscriptions_that_brought_it()
    {
        var (peer, topic) = (await door.ConnectAsync(5), Names.New("ids"));
        await peer.SubscribeAsync($"{topic}/a", 1, Identified(268_435_455));
        await peer.SubscribeAsync($"{topic}/+", 1, Identified(2));
        await peer.SubscribeAsync($"{topic}/#", 1);
        await peer.PublishAsync($"{topic}/a", "x", 1);
        var ids = new List<uint>();
        while ((await peer.NextAsync(TimeSpan.FromSeconds(5))) is { Type: PacketType.Publish } message)
        {
            ids.AddRange(message.Properties.All<uint>(Prop.SubscriptionIdentifier));
            if (ids.Count == 2) break;
        }
        Assert.Equal([2u, 268_435_455u], ids.Order());
    }

    [Fact]
    [Normative("3.8.4-3 3.3.4-4")]
    public async Task Subscribing_again_changes_the_identifier_or_takes_it_away()
    {
        var (peer, topic) = (await door.ConnectAsync(5), Names.New("ids"));
        foreach (var properties in (Props?[])[Identified(1), Identified(7), null])
        {
            await peer.SubscribeAsync(topic, 1, properties);
            await peer.PublishAsync(topic, "x", 1);
            Assert.Equal(properties?.Number(Prop.SubscriptionIdentifier), (await peer.MessageAsync()).Properties.Number(Prop.SubscriptionIdentifier));
        }
    }

    [Fact]
    [Normative("3.8.3-1 3.3.4-6")]
    public async Task Subscription_identifiers_that_cannot_be_are_refused()
    {
        foreach (var properties in (Props[])[Identified(0), new() { { Prop.SubscriptionIdentifier, 1 }, { Prop.SubscriptionIdentifier, 2 } }])
            await door.RefusesAsync(5, Bits.Frame(0x82, Bits.U16(1), properties.Bytes(), Bits.Text("t"), [0]), ProtocolError, Malformed, IdsNotSupported);
        await door.RefusesAsync(5, Bits.Frame(0x30, Bits.Text("t"), Identified(1).Bytes()), ProtocolError, Malformed);
    }

    private static Props Identified(uint id) => new() { { Prop.SubscriptionIdentifier, id } };

    [Theory, Versions]
    public async Task A_filter_with_more_levels_than_we_go_into_is_refused_by_its_code(int version)
    {
        var peer = await door.ConnectAsync(version);
        Assert.Equal(version == 5 ? 0x8F : 0x80, (await peer.SubscribeAsync(new string('/', 256) + "+")).Reason);
        Assert.Equal(0, (await peer.SubscribeAsync(new string('/', 250) + "+")).Reason);
        Assert.Equal(0, (await peer.SubscribeAsync(new string('/', 5000))).Reason); // without wildcards it is one name
    }
}
