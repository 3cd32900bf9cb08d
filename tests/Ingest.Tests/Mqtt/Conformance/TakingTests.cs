namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>Messages on their way up: acknowledgements, identifiers, exactly once (4.3).</summary>
public sealed class TakingTests(Door door)
{
    [Theory, Versions]
    [Normative("4.3.1-1", "4.3.1-1")]
    public async Task QoS_0_is_not_answered(int version)
    {
        var peer = await door.ConnectAsync(version);
        await peer.PublishAsync(Names.New("zero"), "x");
        await peer.HearsNothingAsync();
    }

    [Theory, Versions]
    [Normative("3.3.4-1 2.2.1-5 4.3.2-4", "3.3.4-1 2.3.1-6 4.3.2-2")]
    public async Task QoS_1_is_answered_with_PUBACK_and_its_identifier(int version)
    {
        var peer = await door.ConnectAsync(version);
        foreach (var id in (int[])[1, 0xABCD, 65535])
        {
            await peer.SendPublishAsync(Names.New("one"), "x", 1, id);
            await peer.AnswersAsync(PacketType.PubAck, id);
        }
    }

    [Theory, Versions]
    [Normative("3.3.4-1 2.2.1-5 4.3.3-8 4.3.3-11", "3.3.4-1 2.3.1-6 4.3.3-2")]
    public async Task QoS_2_is_answered_with_PUBREC_then_PUBCOMP(int version)
    {
        var peer = await door.ConnectAsync(version);
        await peer.SendPublishAsync(Names.New("two"), "x", 2, 0x1234);
        await peer.AnswersAsync(PacketType.PubRec, 0x1234);
        await peer.AcknowledgeAsync(PacketType.PubRel, 0x1234);
        await peer.ExpectAsync($"PUBCOMP {0x1234}");
    }

    [Theory, Versions]
    [Normative("4.3.3-10", "4.3.3-2")]
    public async Task A_QoS_2_message_sent_twice_is_delivered_once(int version)
    {
        var (peer, reader, topic) = (await door.ConnectAsync(version), await door.ConnectAsync(version), Names.New("once"));
        await reader.SubscribeAsync(topic, 0);
        for (var i = 0; i < 3; i++)
        {
            await peer.SendPublishAsync(topic, "x", 2, 5, dup: i > 0);
            await peer.AnswersAsync(PacketType.PubRec, 5);
        }
        await peer.AcknowledgeAsync(PacketType.PubRel, 5);
        await peer.ExpectAsync("PUBCOMP 5");
        await reader.ExpectAsync($"PUBLISH {topic} 'x' qos0");
        await reader.HearsNothingAsync();
    }

    [Theory, Versions]
    [Normative("4.3.3-10 4.1.0-1", "4.3.3-2 4.1.0-1")]
    public async Task A_QoS_2_message_sent_again_on_a_new_connection_is_delivered_once(int version)
    {
        var (connect, reader, topic) = (new Connect(version).Kept(), await door.ConnectAsync(version), Names.New("once"));
        await reader.SubscribeAsync(topic, 0);
        var (peer, _) = await door.ConnectAsync(connect);
        await peer.SendPublishAsync(topic, "x", 2, 5);
        await peer.AnswersAsync(PacketType.PubRec, 5);
        peer.Break();
        (peer, _) = await door.ConnectAsync(connect);
        await peer.SendPublishAsync(topic, "x", 2, 5, dup: true);
        await peer.AnswersAsync(PacketType.PubRec, 5);
        peer.Break();
        (peer, _) = await door.ConnectAsync(connect);
        await peer.AcknowledgeAsync(PacketType.PubRel, 5);
        await peer.ExpectAsync("PUBCOMP 5");
        await reader.ExpectAsync($"PUBLISH {topic} 'x' qos0");
        await reader.HearsNothingAsync();
    }

    [Theory, Versions]
    [Normative("4.3.3-12", "2.3.1-3")]
    public async Task An_identifier_is_free_again_after_its_PUBREL(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("free"));
        await peer.SubscribeAsync(topic, 0);
        for (var i = 1; i <= 2; i++)
        {
            await peer.SendPublishAsync(topic, $"{i}", 2, 5);
            await peer.AwaitAsync(PacketType.PubRec, 5);
            await peer.AcknowledgeAsync(PacketType.PubRel, 5);
            await peer.AwaitAsync(PacketType.PubComp, 5);
            await peer.ExpectAsync($"PUBLISH {topic} '{i}' qos0");
        }
    }

    [Theory, Versions]
    [Normative("4.3.3-11 3.7.2-1", "4.3.3-2")]
    public async Task A_PUBREL_of_nothing_is_completed(int version)
    {
        var peer = await door.ConnectAsync(version);
        await peer.AcknowledgeAsync(PacketType.PubRel, 4321);
        await peer.ExpectAsync(version == 5 ? "PUBCOMP 4321 0x92" : "PUBCOMP 4321");
    }

    [Theory, Versions]
    [Normative("4.6.0-2 4.6.0-3", "4.6.0-2 4.6.0-3")]
    public async Task Acknowledgements_come_in_the_order_of_the_messages(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("acks"));
        for (var id = 1; id <= 20; id++) await peer.SendPublishAsync(topic, "x", 1, id);
        for (var id = 1; id <= 20; id++) await peer.AnswersAsync(PacketType.PubAck, id);
        for (var id = 1; id <= 20; id++) await peer.SendPublishAsync(topic, "x", 2, id);
        for (var id = 1; id <= 20; id++) await peer.AnswersAsync(PacketType.PubRec, id);
        for (var id = 1; id <= 20; id++) await peer.AcknowledgeAsync(PacketType.PubRel, id);
        for (var id = 1; id <= 20; id++) await peer.ExpectAsync($"PUBCOMP {id}");
    }

    [Theory, Versions]
    [Normative("4.3.2-4", "4.3.2-2")]
    public async Task Acknowledgements_of_nothing_do_no_harm(int version)
    {
        var peer = await door.ConnectAsync(version);
        await peer.AcknowledgeAsync(PacketType.PubAck, 999);
        await peer.AcknowledgeAsync(PacketType.PubComp, 998);
        await peer.HearsNothingAsync();
    }

    [Fact]
    [Normative("3.4.2-1 3.5.2-1")]
    public async Task A_message_that_nobody_reads_is_taken_all_the_same()
    {
        var peer = await door.ConnectAsync(5);
        var topic = Names.New("nobody");
        Assert.Equal(0x10, (await peer.PublishAsync(topic, "x", 1))!.Reason);
        await peer.SubscribeAsync(topic);
        Assert.Equal(0, (await peer.PublishAsync(topic, "x", 1))!.Reason);
        Assert.Contains((await peer.PublishAsync(Names.New("nobody"), "x", 2))!.Reason, (byte[])[0, 0x10]);
    }
}
