namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>Topic aliases in both directions (3.3.2.3.4).</summary>
public sealed class AliasTests(Door door)
{
    private const byte ProtocolError = 0x82, AliasInvalid = 0x94;

    [Fact]
    [Normative("3.3.2-12 3.2.2-17")]
    public async Task An_alias_stands_for_its_topic_until_it_gets_another()
    {
        var (peer, answer) = await door.ConnectAsync(new Connect(5));
        var most = answer.Properties.Number(Prop.TopicAliasMaximum) ?? 0;
        Assert.InRange(most, 1u, 65535u);
        var topic = Names.New("alias");
        await peer.SubscribeAsync($"{topic}/#", 2);
        await peer.PublishAsync($"{topic}/a", "1", 0, properties: Alias(most));
        for (var qos = 0; qos <= 2; qos++) await peer.PublishAsync("", $"2{qos}", qos, properties: Alias(most));
        await peer.PublishAsync($"{topic}/b", "3", 1, properties: Alias(most));
        await peer.PublishAsync("", "4", 1, properties: Alias(most));
        Assert.Equal([$"PUBLISH {topic}/a '1' qos0", $"PUBLISH {topic}/a '20' qos0", $"PUBLISH {topic}/a '21' qos1", $"PUBLISH {topic}/a '22' qos2", $"PUBLISH {topic}/b '3' qos1", $"PUBLISH {topic}/b '4' qos1"],
            await peer.MessagesAsync(6));
    }

    [Fact]
    [Normative("3.3.2-8 3.3.2-9")]
    public async Task An_alias_of_0_or_above_the_maximum_is_invalid()
    {
        var most = (await door.ConnectAsync(new Connect(5))).ConnAck.Properties.Number(Prop.TopicAliasMaximum) ?? 0;
        await door.RefusesAsync(5, Bits.Frame(0x30, Bits.Text("t"), Alias(0).Bytes()), AliasInvalid);
        await door.RefusesAsync(5, Bits.Frame(0x30, Bits.Text("t"), Alias(most + 1).Bytes()), AliasInvalid);
    }

    [Fact]
    [Normative("3.3.2-7")]
    public async Task An_alias_ends_with_its_connection()
    {
        var connect = new Connect(5).Kept();
        var (peer, _) = await door.ConnectAsync(connect);
        await peer.PublishAsync("t", "x", 1, properties: Alias(1));
        await peer.DisconnectAsync();
        (peer, _) = await door.ConnectAsync(connect);
        await peer.SendPublishAsync("", "x", 1, 5, properties: Alias(1));
        await peer.RefusedAsync(ProtocolError, AliasInvalid);
    }

    [Fact]
    [Normative("3.3.2-12 4.3.3-10")]
    public async Task A_message_that_is_sent_again_names_its_alias_all_the_same()
    {
        var (connect, topic) = (new Connect(5).Kept(), Names.New("alias"));
        var (peer, _) = await door.ConnectAsync(connect);
        await peer.SubscribeAsync(topic, 0);
        await peer.SendPublishAsync(topic, "1", 2, 1);
        await peer.AwaitAsync(PacketType.PubRec, 1);
        peer.Break();
        (peer, _) = await door.ConnectAsync(connect);
        await peer.SendPublishAsync(topic, "1", 2, 1, dup: true, properties: Alias(1));
        await peer.AnswersAsync(PacketType.PubRec, 1);
        await peer.PublishAsync("", "2", properties: Alias(1));
        await peer.ExpectAsync($"PUBLISH {topic} '2' qos0");
    }

    [Fact]
    [Normative("3.3.2-1")]
    public Task Neither_topic_nor_alias_is_a_protocol_error() => door.RefusesAsync(5, Bits.Frame(0x30, Bits.Text(""), [0]), ProtocolError);

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [Normative("3.1.2-26 3.1.2-27 3.3.2-11")]
    public async Task A_client_that_takes_no_aliases_gets_none(int? most)
    {
        var (peer, topic) = (await door.ConnectAsync(5, c => c with { Properties = most is { } n ? new() { { Prop.TopicAliasMaximum, n } } : [] }), Names.New("alias"));
        await peer.SubscribeAsync(topic, 1);
        for (var i = 0; i < 3; i++)
        {
            await peer.PublishAsync(topic, "x", 1, properties: Alias(1));
            var message = await peer.MessageAsync();
            Assert.Equal((topic, (uint?)null), (message.Topic, message.Properties.Number(Prop.TopicAlias)));
        }
    }

    [Fact]
    [Normative("3.1.2-26 3.3.2-11 3.3.2-12")]
    public async Task A_client_that_takes_aliases_gets_a_topic_s_name_once_and_no_alias_above_its_maximum()
    {
        var (peer, topic) = (await door.ConnectAsync(5, c => c with { Properties = new() { { Prop.TopicAliasMaximum, 2 } } }), Names.New("alias"));
        await peer.SubscribeAsync($"{topic}/+", 2);
        var (names, repeated) = (new Dictionary<uint, string>(), 0);
        for (var i = 0; i < 12; i++)
        {
            await peer.PublishAsync($"{topic}/{i % 4}", $"{i}", i % 3);
            var message = await peer.MessageAsync();
            var alias = message.Properties.Number(Prop.TopicAlias);
            Assert.True(alias is null or 1 or 2, $"alias {alias}");
            if (message.Topic == "") repeated++;
            else if (alias is { } set) names[set] = message.Topic;
            Assert.Equal($"{topic}/{i % 4}", message.Topic == "" ? names[alias!.Value] : message.Topic);
        }
        Assert.NotEqual(0, repeated);
    }

    [Fact]
    [Normative("3.3.2-7")]
    public async Task What_is_sent_again_on_a_new_connection_has_its_topic_by_name()
    {
        var (connect, topic) = (new Connect(5) { Clean = false, Properties = new() { { Prop.SessionExpiry, 60 }, { Prop.TopicAliasMaximum, 5 } } }, Names.New("alias"));
        var (peer, _) = await door.ConnectAsync(connect);
        await peer.SubscribeAsync(topic, 1);
        for (var i = 0; i < 3; i++) await peer.PublishAsync(topic, $"{i}", 1);
        for (var i = 0; i < 3; i++) await peer.NextAsync();
        peer.Break();
        (peer, _) = await door.ConnectAsync(connect with { Properties = new() { { Prop.SessionExpiry, 60 } } });
        for (var i = 0; i < 3; i++) await peer.ExpectAsync($"PUBLISH {topic} '{i}' qos1 dup");
    }

    private static Props Alias(uint alias) => new() { { Prop.TopicAlias, alias } };
}
