using System.Text;

namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>How much at once: Receive Maximum (4.9), Maximum Packet Size (3.1.2.11.4, 3.2.2.3.6).</summary>
public sealed class FlowTests(Door door)
{
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(300);
    private const byte ReceiveMaximumExceeded = 0x93, PacketTooLarge = 0x95;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Normative("3.3.4-9 4.9.0-1 4.9.0-2")]
    public async Task No_more_are_in_flight_than_the_client_takes(int qos)
    {
        var (peer, topic) = (await door.ConnectAsync(5, Taking(2)), Names.New("flight"));
        var writer = await door.ConnectAsync(5);
        await peer.SubscribeAsync(topic, 2);
        for (var i = 1; i <= 5; i++) await writer.PublishAsync(topic, $"{i}", qos);
        var (one, two) = (await peer.NextAsync(), await peer.NextAsync());
        Assert.Equal(("1", "2"), (one.Text, two.Text));
        await peer.HearsNothingForAsync(s_moment);
        if (qos == 2)
        {
            await peer.AcknowledgeAsync(PacketType.PubRec, one.Id);
            await peer.ExpectAsync($"PUBREL {one.Id}");
            await peer.HearsNothingForAsync(s_moment);
        }
        await peer.AcknowledgeAsync(qos == 1 ? PacketType.PubAck : PacketType.PubComp, one.Id);
        Assert.Equal("3", (await peer.NextAsync()).Text);
        await peer.HearsNothingForAsync(s_moment);
    }

    [Fact]
    [Normative("4.9.0-2 4.4.0-1")]
    public async Task What_is_sent_again_keeps_to_the_new_Receive_Maximum()
    {
        var (kept, topic) = (new Connect(5).Kept(), Names.New("narrow"));
        var (reader, _) = await door.ConnectAsync(kept);
        await reader.SubscribeAsync(topic, 1);
        for (var i = 1; i <= 4; i++) await reader.PublishAsync(topic, $"{i}", 1);
        for (var i = 1; i <= 4; i++) await reader.NextAsync();
        reader.Break();
        (reader, _) = await door.ConnectAsync(kept with { Properties = new() { { Prop.SessionExpiry, 3600u }, { Prop.ReceiveMaximum, 2 } } });
        for (var i = 1; i <= 4; i++)
        {
            var (again, next) = (await reader.NextAsync(), i == 1 ? await reader.NextAsync() : null);
            Assert.True(again.Dup);
            if (next is not null)
            {
                Assert.Equal("2", next.Text);
                await reader.HearsNothingForAsync(s_moment);
                await reader.AcknowledgeAsync(PacketType.PubAck, again.Id);
                again = next;
                i++;
            }
            await reader.AcknowledgeAsync(PacketType.PubAck, again.Id);
        }
        await reader.HearsNothingForAsync(s_moment);
    }

    [Fact]
    [Normative("4.9.0-2")]
    public async Task A_refusing_PUBREC_makes_room()
    {
        var (peer, topic) = (await door.ConnectAsync(5, Taking(1)), Names.New("flight"));
        var writer = await door.ConnectAsync(5);
        await peer.SubscribeAsync(topic, 2);
        for (var i = 1; i <= 2; i++) await writer.PublishAsync(topic, $"{i}", 2);
        await peer.AcknowledgeAsync(PacketType.PubRec, (await peer.NextAsync()).Id, reason: 0x80);
        Assert.Equal("2", (await peer.NextAsync()).Text);
    }

    [Fact]
    [Normative("4.9.0-3 3.3.4-10")]
    public async Task A_full_flight_holds_up_no_other_packets()
    {
        var (peer, topic) = (await door.ConnectAsync(5, Taking(1)), Names.New("flight"));
        await peer.SubscribeAsync(topic, 1);
        await peer.PublishAsync(topic, "1", 1);
        await peer.PublishAsync(topic, "2", 1);
        Assert.Equal("1", (await peer.NextAsync()).Text);
        await peer.SendAsync(0xC0, 0);
        await peer.ExpectAsync("PINGRESP");
        await peer.UnsubscribeAsync(topic);
    }

    [Fact]
    [Normative("3.3.4-9 4.4.0-1")]
    public async Task What_waited_while_the_client_was_away_comes_within_its_maximum_too()
    {
        var (connect, topic) = (Taking(2)(new Connect(5).Kept()), Names.New("away"));
        connect.Properties.Add(Prop.SessionExpiry, 60);
        var (peer, _) = await door.ConnectAsync(connect);
        await peer.SubscribeAsync(topic, 1);
        await peer.DisconnectAsync();
        var writer = await door.ConnectAsync(5);
        for (var i = 1; i <= 4; i++) await writer.PublishAsync(topic, $"{i}", 1);
        (peer, _) = await door.ConnectAsync(connect);
        var one = await peer.NextAsync();
        Assert.Equal(("1", "2"), (one.Text, (await peer.NextAsync()).Text));
        await peer.HearsNothingForAsync(s_moment);
        await peer.AcknowledgeAsync(PacketType.PubAck, one.Id);
        Assert.Equal("3", (await peer.NextAsync()).Text);
    }

    [Fact]
    [Normative("3.3.4-7 3.2.2-7")]
    public async Task Who_sends_more_than_the_server_takes_is_told_so()
    {
        var (peer, answer) = await door.ConnectAsync(new Connect(5));
        var most = answer.Properties.Number(Prop.ReceiveMaximum) ?? 65535;
        var topic = Names.New("flood");
        byte[] Publish(int id) => Bits.Frame(0x34, Bits.Text(topic), Bits.U16(id), [0]);
        var sending = peer.SendAsync([.. Enumerable.Range(1, (int)most).SelectMany(Publish)]);
        for (var id = 1; id <= most; id++) await peer.AnswersAsync(PacketType.PubRec, id);
        await sending;
        await peer.SendAsync(Publish((int)most + 1));
        await peer.RefusedAsync(ReceiveMaximumExceeded);
    }

    [Fact]
    [Normative("3.3.4-7 4.13.1-1")]
    public async Task Who_goes_on_sending_still_learns_why_it_was_refused()
    {
        var (peer, answer) = await door.ConnectAsync(new Connect(5));
        var (most, topic) = ((int)(answer.Properties.Number(Prop.ReceiveMaximum) ?? 65535), Names.New("flood"));
        var sending = peer.SendAsync([.. Enumerable.Range(1, most + 1).SelectMany(id => Bits.Frame(0x34, Bits.Text(topic), Bits.U16(id), [0]))]);
        Packet packet;
        while ((packet = await peer.NextAsync()).Type == PacketType.PubRec) await peer.AcknowledgeAsync(PacketType.PubRel, packet.Id);
        Assert.Equal("DISCONNECT 0x93", packet.ToString());
        await sending;
    }

    [Fact]
    [Normative("3.3.4-7")]
    public async Task A_message_sent_again_takes_no_second_place()
    {
        var (peer, answer) = await door.ConnectAsync(new Connect(5));
        var topic = Names.New("flood");
        var again = Bits.Frame(0x3C, Bits.Text(topic), Bits.U16(1), [0]);
        var most = (int)(answer.Properties.Number(Prop.ReceiveMaximum) ?? 65535);
        var sending = peer.SendAsync([.. Enumerable.Repeat(again, most + 1).SelectMany(p => p)]);
        for (var i = 0; i <= most; i++) await peer.AnswersAsync(PacketType.PubRec, 1);
        await sending;
    }

    [Fact]
    [Normative("3.1.2-24 3.1.2-25")]
    public async Task Packets_larger_than_the_client_takes_are_as_if_delivered()
    {
        var (peer, topic) = (await door.ConnectAsync(5, c => c with { Properties = new() { { Prop.MaximumPacketSize, 64 } } }), Names.New("size"));
        await peer.SubscribeAsync(topic, 2);
        var room = 64 - 2 - 2 - Encoding.UTF8.GetByteCount(topic) - 1; // fixed header, topic, no properties
        for (var qos = 0; qos <= 2; qos++)
        {
            await peer.PublishAsync(topic, new('x', 65), qos);
            var fitting = new string((char)('0' + qos), room - (qos > 0 ? 2 : 0));
            await peer.PublishAsync(topic, fitting + "+", qos);
            await peer.PublishAsync(topic, fitting, qos);
            Assert.Equal($"PUBLISH {topic} '{fitting}' qos{qos}", (await peer.MessageAsync()).ToString());
        }
        await peer.HearsNothingAsync();
    }

    [Fact]
    [Normative("3.1.2-24 3.4.2-3 3.2.2-19")]
    public async Task A_reason_in_words_is_left_out_where_it_would_be_too_large()
    {
        var peer = await door.ConnectAsync(5, c => c with { Properties = new() { { Prop.MaximumPacketSize, 20 } } });
        var refused = (await peer.PublishAsync("fleet/v1/T/nonsense", "{}", 1))!;
        Assert.Equal((0x90, true), (refused.Reason, refused.Bytes <= 18));
    }

    [Fact]
    [Normative("3.2.2-15")]
    public async Task A_packet_larger_than_the_server_takes_is_refused_by_its_code_and_one_that_fits_is_taken()
    {
        var (peer, answer) = await door.ConnectAsync(new Connect(5));
        var most = (int)(answer.Properties.Number(Prop.MaximumPacketSize) ?? 268_435_460);
        var topic = Names.New("size");
        var room = most - 1 - Bits.VarInt((uint)most).Length - 2 - topic.Length - 2 - 1;
        Assert.True((await peer.PublishAsync(topic, new('x', room), 1))!.Reason is 0 or 0x10);
        await peer.SendPublishAsync(topic, new('x', room + 1), 1, 9);
        await peer.RefusedAsync(PacketTooLarge);
    }

    private static Func<Connect, Connect> Taking(int most) => c => c with { Properties = new() { { Prop.ReceiveMaximum, most } } };
}
