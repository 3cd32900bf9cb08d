namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>Shared subscriptions (4.8.2).</summary>
public sealed class SharedTests(Door door)
{
    private const int NoLocal = 0x04, Count = 20;
    private const byte Malformed = 0x81, ProtocolError = 0x82, FilterInvalid = 0x8F;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [Normative("4.8.2-3")]
    public async Task Each_message_goes_to_one_of_the_group(int qos)
    {
        var (one, two, topic) = (await door.ConnectAsync(5), await door.ConnectAsync(5), Names.New("shared"));
        foreach (var member in (Peer[])[one, two]) Assert.Equal(qos, (await member.SubscribeAsync($"$share/g/{topic}/+", qos)).Reason);
        await PublishAsync(topic, qos);
        var heard = await HeardAsync(topic, one, two);
        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"{i:D2} qos{qos}"), heard.SelectMany(h => h).Order());
        Assert.All(heard, h => Assert.NotEmpty(h)); // free to choose, but all to one would be no sharing
    }

    [Fact]
    [Normative("4.8.2-3")]
    public async Task Each_group_and_each_subscription_of_ones_own_gets_every_message()
    {
        var (one, two, three, topic) = (await door.ConnectAsync(5), await door.ConnectAsync(5), await door.ConnectAsync(5), Names.New("groups"));
        await one.SubscribeAsync($"$share/g/{topic}/+");
        await two.SubscribeAsync($"$share/h/{topic}/+");
        await three.SubscribeAsync($"{topic}/+");
        await PublishAsync(topic, 1);
        Assert.All(await HeardAsync(topic, one, two, three), h => Assert.Equal(Count, h.Count));
    }

    [Fact]
    [Normative("4.8.2-3 3.3.4-3")]
    public async Task A_client_may_be_a_member_and_have_a_subscription_of_its_own()
    {
        var (peer, topic) = (await door.ConnectAsync(5), Names.New("both"));
        await peer.SubscribeAsync($"$share/g/{topic}/+", 1, new() { { Prop.SubscriptionIdentifier, 1 } });
        await peer.SubscribeAsync($"{topic}/+", 1, new() { { Prop.SubscriptionIdentifier, 2 } });
        await peer.PublishAsync($"{topic}/x", "x", 1);
        var ids = new List<uint>();
        while (ids.Count < 2) ids.AddRange((await peer.MessageAsync()).Properties.All<uint>(Prop.SubscriptionIdentifier));
        Assert.Equal([1u, 2u], ids.Order());
    }

    [Fact]
    [Normative("4.8.2-3")]
    public async Task Who_leaves_gets_no_share_any_more()
    {
        var (one, two, three, topic) = (await door.ConnectAsync(5), await door.ConnectAsync(5), await door.ConnectAsync(5), Names.New("leaving"));
        foreach (var member in (Peer[])[one, two, three]) await member.SubscribeAsync($"$share/g/{topic}/+", 1);
        Assert.Equal(0, (await one.UnsubscribeAsync($"$share/g/{topic}/+")).Reason);
        await two.DisconnectAsync();
        await PublishAsync(topic, 1);
        Assert.Equal([0, Count], (await HeardAsync(topic, one, three)).Select(h => h.Count));
    }

    [Fact]
    [Normative("4.8.2-5")]
    public async Task What_a_member_left_unacknowledged_with_its_session_another_may_get_and_QoS_2_at_most_once()
    {
        var (writer, one, two, topic) = (await door.ConnectAsync(5), await door.ConnectAsync(5), await door.ConnectAsync(5), Names.New("left"));
        await one.SubscribeAsync($"$share/g/{topic}", 2);
        await writer.PublishAsync(topic, "x", 2);
        var message = await one.NextAsync();
        await one.AcknowledgeAsync(PacketType.PubRec, message.Id);
        await one.ExpectAsync($"PUBREL {message.Id}");
        await two.SubscribeAsync($"$share/g/{topic}", 2);
        await one.DisconnectAsync();
        await two.HearsNothingAsync();
    }

    [Fact]
    public async Task A_member_that_takes_no_more_now_gets_no_share_while_another_does()
    {
        var busy = (await door.ConnectAsync(new Connect(5) { Properties = new() { { Prop.ReceiveMaximum, 1 } } })).Peer;
        var (idle, writer, topic) = (await door.ConnectAsync(5), await door.ConnectAsync(5), Names.New("busy"));
        foreach (var member in (Peer[])[busy, idle]) await member.SubscribeAsync($"$share/g/{topic}", 1);
        for (var i = 0; i < Count; i++) await writer.PublishAsync(topic, $"{i}", 1);
        Assert.Single(await busy.OnTheirWayAsync()); // and does not acknowledge it
        Assert.Equal(Count - 1, (await idle.OnTheirWayAsync()).Count);
    }

    [Fact]
    [Normative("3.8.4-4")]
    public async Task A_shared_subscription_brings_no_retained_messages()
    {
        var (peer, topic) = (await door.ConnectAsync(5), Names.New("retained"));
        await peer.PublishAsync(topic, "x", 1, retain: true);
        await peer.SubscribeAsync($"$share/g/{topic}", 1);
        await peer.HearsNothingAsync();
    }

    [Fact]
    [Normative("3.8.3-4")]
    public Task No_local_on_a_shared_subscription_is_a_protocol_error() =>
        door.RefusesAsync(5, Bits.Frame(0x82, Bits.U16(1), [0], Bits.Text("$share/g/t"), [NoLocal]), ProtocolError);

    [Fact]
    [Normative("4.8.2-1 4.8.2-2")]
    public async Task Names_of_groups_are_checked()
    {
        foreach (var filter in (string[])["$share/g", "$share//t", "$share/g/", "$share/", "$share/g+/t", "$share/#/t", "$share/g/a#"])
        {
            await using var peer = await door.ConnectAsync(5);
            await peer.SendAsync(peer.SubscribeBytes(7, null, (filter, 0)));
            var answer = await peer.NextAsync();
            Assert.True(answer.Type is PacketType.SubAck or PacketType.Disconnect && answer.Reason is FilterInvalid or Malformed or ProtocolError, $"'{filter}': {answer}");
        }
    }

    private async Task PublishAsync(string topic, int qos)
    {
        var writer = await door.ConnectAsync(5);
        for (var i = 0; i < Count; i++) await writer.PublishAsync($"{topic}/{i % 3}", $"{i:D2}", qos);
        await writer.DisconnectAsync();
    }

    /// <summary>What each heard of the topic, as payload and QoS.</summary>
    private static async Task<List<List<string>>> HeardAsync(string topic, params Peer[] peers)
    {
        var all = new List<List<string>>();
        foreach (var peer in peers)
            all.Add([.. (await peer.OnTheirWayAsync()).Where(p => p.Contains(topic, StringComparison.Ordinal)).Select(p => p[(p.IndexOf('\'', StringComparison.Ordinal) + 1)..].Replace("'", "", StringComparison.Ordinal))]);
        return all;
    }
}
