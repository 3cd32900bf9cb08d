namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>Messages on their way down: QoS, identifiers, order, and what is sent again (4.3, 4.4, 4.6).</summary>
public sealed class DeliveryTests(Door door)
{
    [Theory, Versions]
    [Normative("3.8.4-8 4.3.1-1 4.3.2-2 4.3.3-2", "3.8.4-6 4.3.1-1 4.3.2-1 4.3.3-1")]
    public async Task A_message_comes_at_the_lower_of_its_QoS_and_the_subscription_s(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("qos"));
        for (var granted = 0; granted <= 2; granted++)
        {
            Assert.Equal(granted, (await peer.SubscribeAsync($"{topic}/{granted}", granted)).Reason);
            for (var published = 0; published <= 2; published++)
            {
                await peer.PublishAsync($"{topic}/{granted}", $"{published}", published);
                Assert.Equal($"PUBLISH {topic}/{granted} '{published}' qos{Math.Min(granted, published)}", (await peer.MessageAsync()).ToString());
            }
        }
    }

    [Theory, Versions]
    [Normative("3.3.1-3", "3.3.1-3")]
    public async Task That_a_message_was_sent_again_to_us_is_not_told_to_others(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("dup"));
        await peer.SubscribeAsync(topic, 1);
        await peer.SendPublishAsync(topic, "x", 1, 77, dup: true);
        var (one, two) = (await peer.NextAsync(), await peer.NextAsync());
        Assert.Equal([$"PUBACK 77", $"PUBLISH {topic} 'x' qos1"], new[] { one, two }.OrderBy(p => p.Type == PacketType.Publish).Select(p => p.ToString()));
    }

    [Theory, Versions]
    [Normative("4.4.0-1 3.3.1-1", "4.4.0-1 3.3.1-1")]
    public async Task What_was_not_acknowledged_is_sent_again_with_DUP_and_its_identifier(int version)
    {
        var (connect, topic) = (new Connect(version).Kept(), Names.New("again"));
        var (reader, _) = await door.ConnectAsync(connect);
        await reader.SubscribeAsync(topic, 2);
        var writer = await door.ConnectAsync(version);
        for (var i = 1; i <= 4; i++) await writer.PublishAsync(topic, $"{i}", 1 + (i % 2));
        var before = new List<Packet>();
        for (var i = 0; i < 4; i++) before.Add(await reader.NextAsync());
        Assert.DoesNotContain(before, p => p.Dup);
        reader.Break();
        (reader, _) = await door.ConnectAsync(connect);
        foreach (var message in before)
        {
            var again = await reader.NextAsync();
            Assert.Equal((message + " dup", message.Id), (again.ToString(), again.Id));
        }
    }

    [Theory, Versions]
    [Normative("4.4.0-1 4.3.3-3", "4.4.0-1 4.3.3-1")]
    public async Task A_PUBREL_without_its_PUBCOMP_is_sent_again(int version)
    {
        var (connect, topic) = (new Connect(version).Kept(), Names.New("pubrel"));
        var (reader, _) = await door.ConnectAsync(connect);
        await reader.SubscribeAsync(topic, 2);
        await reader.PublishAsync(topic, "x", 2);
        var message = await reader.NextAsync();
        await reader.AcknowledgeAsync(PacketType.PubRec, message.Id);
        await reader.ExpectAsync($"PUBREL {message.Id}");
        reader.Break();
        (reader, _) = await door.ConnectAsync(connect);
        await reader.ExpectAsync($"PUBREL {message.Id}");
        await reader.AcknowledgeAsync(PacketType.PubComp, message.Id);
        await reader.DisconnectAsync();
        (reader, _) = await door.ConnectAsync(connect);
        await reader.HearsNothingAsync();
    }

    [Theory, Versions]
    [Normative("4.3.2-2 4.4.0-1", "4.3.2-1")]
    public async Task What_was_acknowledged_is_not_sent_again(int version)
    {
        var (connect, topic) = (new Connect(version).Kept(), Names.New("done"));
        var (reader, _) = await door.ConnectAsync(connect);
        await reader.SubscribeAsync(topic, 2);
        await reader.PublishAsync(topic, "1", 1);
        await reader.PublishAsync(topic, "2", 2);
        Assert.Equal([$"PUBLISH {topic} '1' qos1", $"PUBLISH {topic} '2' qos2"], await reader.MessagesAsync(2));
        await reader.DisconnectAsync();
        (reader, _) = await door.ConnectAsync(connect);
        await reader.HearsNothingAsync();
    }

    [Theory, Versions]
    [Normative("4.3.3-1 2.2.1-4", "2.3.1-4 4.3.3-1")]
    public async Task Messages_in_flight_have_identifiers_of_their_own_none_of_them_0(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("ids"));
        await peer.SubscribeAsync(topic, 2);
        var ids = new List<int>();
        for (var i = 0; i < 20; i++) await peer.PublishAsync(topic, $"{i}", 1 + (i % 2));
        for (var i = 0; i < 20; i++) ids.Add((await peer.NextAsync()).Id);
        Assert.DoesNotContain(0, ids);
        Assert.Equal(20, ids.Distinct().Count());
    }

    [Theory, Versions]
    [Normative("4.6.0-5 4.6.0-6", "4.6.0-5 4.6.0-6")]
    public async Task Messages_of_a_topic_come_in_the_order_of_their_publishing(int version)
    {
        var (writer, reader, topic) = (await door.ConnectAsync(version), await door.ConnectAsync(version), Names.New("order"));
        await reader.SubscribeAsync(topic, 2);
        var reading = reader.MessagesAsync(300);
        for (var i = 0; i < 300; i++) await writer.PublishAsync(topic, $"{i}", i / 100);
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"PUBLISH {topic} '{i}' qos{i / 100}"), await reading);
    }

    [Theory, Versions]
    [Normative("4.6.0-4", "4.6.0-4")]
    public async Task PUBRELs_come_in_the_order_of_the_PUBRECs(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("pubrels"));
        await peer.SubscribeAsync(topic, 2);
        for (var i = 0; i < 5; i++) await peer.PublishAsync(topic, $"{i}", 2);
        var ids = new List<int>();
        for (var i = 0; i < 5; i++) ids.Add((await peer.NextAsync()).Id);
        foreach (var id in ids) await peer.AcknowledgeAsync(PacketType.PubRec, id);
        foreach (var id in ids) await peer.ExpectAsync($"PUBREL {id}");
    }

    [Fact]
    [Normative("4.3.3-4 4.4.0-2")]
    public async Task A_PUBREC_that_refuses_ends_the_exchange()
    {
        var (connect, topic) = (new Connect(5).Kept(), Names.New("refused"));
        var (peer, _) = await door.ConnectAsync(connect);
        await peer.SubscribeAsync(topic, 2);
        await peer.PublishAsync(topic, "x", 2);
        await peer.AcknowledgeAsync(PacketType.PubRec, (await peer.NextAsync()).Id, reason: 0x97);
        await peer.HearsNothingAsync();
        await peer.DisconnectAsync();
        (peer, _) = await door.ConnectAsync(connect);
        await peer.HearsNothingAsync();
    }

    [Fact]
    [Normative("4.3.2-5 4.4.0-2")]
    public async Task A_PUBACK_that_refuses_is_an_acknowledgement()
    {
        var (connect, topic) = (new Connect(5).Kept(), Names.New("refused"));
        var (peer, _) = await door.ConnectAsync(connect);
        await peer.SubscribeAsync(topic, 1);
        await peer.PublishAsync(topic, "x", 1);
        await peer.AcknowledgeAsync(PacketType.PubAck, (await peer.NextAsync()).Id, reason: 0x80);
        await peer.DisconnectAsync();
        (peer, _) = await door.ConnectAsync(connect);
        await peer.HearsNothingAsync();
    }

    [Fact]
    [Normative("3.6.2-1 4.3.3-4")]
    public async Task A_PUBREC_of_nothing_is_answered_with_its_reason()
    {
        var peer = await door.ConnectAsync(5);
        await peer.AcknowledgeAsync(PacketType.PubRec, 999);
        await peer.ExpectAsync("PUBREL 999 0x92");
        await peer.HearsNothingAsync();
    }

    /// <summary>By the QoS of the message on its way to the client: what it answers in the end, and what before that.</summary>
    [Theory]
    [InlineData(1, PacketType.PubRec)]
    [InlineData(1, PacketType.PubComp)]
    [InlineData(2, PacketType.PubAck)]
    [InlineData(2, PacketType.PubComp)]
    [InlineData(2, PacketType.PubAck, PacketType.PubRec)]
    internal async Task An_acknowledgement_of_the_wrong_kind_is_a_protocol_error(int qos, PacketType wrong, PacketType? before = null)
    {
        foreach (var version in (int[])[4, 5])
        {
            var (peer, topic) = (await door.ConnectAsync(version), Names.New("kind"));
            await peer.SubscribeAsync(topic, qos);
            await (await door.ConnectAsync(version)).PublishAsync(topic, "x", qos);
            var message = await peer.NextAsync();
            if (before is { } first)
            {
                await peer.AcknowledgeAsync(first, message.Id);
                await peer.ExpectAsync($"PUBREL {message.Id}");
            }
            await peer.AcknowledgeAsync(wrong, message.Id);
            await peer.RefusedAsync(0x82);
        }
    }

    [Theory, Versions]
    [Normative("4.3.3-4", "4.3.3-1")]
    public async Task A_PUBREC_sent_twice_is_answered_twice(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("twice"));
        await peer.SubscribeAsync(topic, 2);
        await (await door.ConnectAsync(version)).PublishAsync(topic, "x", 2);
        var message = await peer.NextAsync();
        for (var i = 0; i < 2; i++)
        {
            await peer.AcknowledgeAsync(PacketType.PubRec, message.Id);
            await peer.ExpectAsync($"PUBREL {message.Id}");
        }
        await peer.AcknowledgeAsync(PacketType.PubComp, message.Id);
        await peer.HearsNothingAsync();
    }
}
