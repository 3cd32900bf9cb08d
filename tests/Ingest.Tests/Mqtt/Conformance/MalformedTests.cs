using System.Text;

namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>Bytes that are no MQTT: the connection is closed, at 5.0 with the reason (4.13).</summary>
public sealed class MalformedTests(Door door)
{
    private const byte Malformed = 0x81, ProtocolError = 0x82;

    [Theory, Versions]
    [Normative("2.1.3-1 3.6.1-1 3.14.1-1", "2.2.2-2 3.6.1-1 3.14.1-1")]
    public async Task Reserved_flags_are_as_the_specification_has_them(int version)
    {
        foreach (var first in (byte[])[0x41, 0x52, 0x60, 0x63, 0x71]) await door.RefusesAsync(version, [first, 2, 0, 1], Malformed);
        foreach (var first in (byte[])[0xC1, 0xE1, 0xE2]) await door.RefusesAsync(version, [first, 0], Malformed);
    }

    [Theory, Versions]
    [Normative("2.1.3-1 4.13.1-1", "2.2.2-2 4.8.0-1")]
    public async Task Packets_that_are_not_a_client_s_to_send_are_refused(int version)
    {
        await door.RefusesAsync(version, [0x00, 0], Malformed, ProtocolError);
        await door.RefusesAsync(version, version == 5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0], Malformed, ProtocolError);
        await door.RefusesAsync(version, version == 5 ? [0x90, 4, 0, 1, 0, 0] : [0x90, 3, 0, 1, 0], Malformed, ProtocolError);
        await door.RefusesAsync(version, version == 5 ? [0xB0, 4, 0, 1, 0, 0] : [0xB0, 2, 0, 1], Malformed, ProtocolError);
        await door.RefusesAsync(version, [0xD0, 0], Malformed, ProtocolError);
        if (version == 4) await door.RefusesAsync(4, [0xF0, 0]);
    }

    [Theory, Versions]
    [Normative("1.5.5-1 4.13.1-1", "4.8.0-1")]
    public async Task A_length_that_is_none_or_does_not_fit_is_malformed(int version)
    {
        await door.RefusesAsync(version, [0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], Malformed, ProtocolError);
        await door.RefusesAsync(version, [0x30, 0], Malformed, ProtocolError);
        await door.RefusesAsync(version, [0x30, 3, 0, 9, (byte)'t'], Malformed, ProtocolError);
        await door.RefusesAsync(version, [0x32, 3, 0, 1, (byte)'t'], Malformed, ProtocolError);
        await door.RefusesAsync(version, [0x40, 1, 0], Malformed, ProtocolError);
        await door.RefusesAsync(version, [0x82, 5, 0, 1, 0, 9, (byte)'t'], Malformed, ProtocolError);
    }

    [Theory, Versions]
    [Normative("3.3.1-4 3.3.1-2 2.2.1-3", "3.3.1-4 3.3.1-2 2.3.1-1")]
    public async Task A_PUBLISH_has_a_QoS_that_exists_and_no_DUP_at_0_and_an_identifier_above(int version)
    {
        byte[] Publish(int first, params byte[] id) => Bits.Frame((byte)first, Bits.Text("t"), id, version == 5 ? [0] : []);
        await door.RefusesAsync(version, Publish(0x36, 0, 1), Malformed);
        await door.RefusesAsync(version, Publish(0x3E, 0, 1), Malformed);
        await door.RefusesAsync(version, Publish(0x38), Malformed, ProtocolError);
        await door.RefusesAsync(version, Publish(0x32, 0, 0), Malformed, ProtocolError);
        await door.RefusesAsync(version, Publish(0x34, 0, 0), Malformed, ProtocolError);
    }

    [Theory, Versions]
    [Normative("1.5.4-1 1.5.4-2 1.5.7-1 3.1.3-4 3.1.3-11 3.1.3-12 3.3.2-1 3.8.3-1 3.10.3-1", "1.5.3-1 1.5.3-2 3.1.3-4 3.1.3-10 3.1.3-11 3.3.2-1 3.8.3-1 3.10.3-1")]
    public async Task Texts_are_well_formed_UTF_8_without_U_0000(int version)
    {
        byte[][] texts = [[(byte)'a', 0, (byte)'b'], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xFF, (byte)'a'], [0xE2, 0x82], [0xF5, 0x80, 0x80, 0x80]];
        byte[] none = version == 5 ? [0] : [];
        foreach (var text in texts)
        {
            var bad = Bits.Binary(text);
            await door.RefusesAsync(version, Bits.Frame(0x30, bad, none), Malformed, 0x90);
            await door.RefusesAsync(version, Bits.Frame(0x82, Bits.U16(1), none, bad, [0]), Malformed, 0x8F);
            await door.RefusesAsync(version, Bits.Frame(0xA2, Bits.U16(1), none, bad), Malformed, 0x8F);
            foreach (var field in (string[])["client", "will", "user"]) await ConnectRefusedAsync(field, text);
            if (version != 5) continue;
            byte[] pair = [(byte)Prop.UserProperty, .. bad, .. Bits.Text("v")];
            await door.RefusesAsync(5, Bits.Frame(0x30, Bits.Text("t"), [(byte)pair.Length, .. pair]), Malformed);
            byte[] type = [(byte)Prop.ContentType, .. bad];
            await door.RefusesAsync(5, Bits.Frame(0x30, Bits.Text("t"), [(byte)type.Length, .. type]), Malformed);
        }

        async Task ConnectRefusedAsync(string field, byte[] text)
        {
            var mark = new string('~', text.Length); // as long as what takes its place
            string Given(string name) => name == field ? mark : "c";
            var connect = new Connect(version) { ClientId = Given("client"), Will = new(Given("will")), User = Given("user") }.Bytes();
            text.CopyTo(connect, connect.AsSpan().IndexOf(Encoding.UTF8.GetBytes(mark)));
            await using var peer = await door.OpenAsync(version);
            await peer.SendAsync(connect);
            await peer.ConnectRefusedAsync(Malformed, 0x85, 2);
        }
    }

    [Theory, Versions]
    [Normative("3.14.4-2 3.14.0-1", "3.14.4-1 3.14.4-2")]
    public async Task After_DISCONNECT_the_server_closes_and_hears_nothing_more(int version)
    {
        var (peer, other, topic) = (await door.ConnectAsync(version), await door.ConnectAsync(version), Names.New("after"));
        await other.SubscribeAsync(topic);
        await peer.SendAsync([0xE0, 0, .. Bits.Frame(0x30, Bits.Text(topic), version == 5 ? [0] : [])]);
        await peer.ExpectAsync("closed");
        await other.HearsNothingAsync();
    }

    [Fact]
    [Normative("4.13.1-1")]
    public async Task Properties_of_other_packets_stand_once_and_where_they_belong()
    {
        byte[] twice = new Props { { Prop.SessionExpiry, 1 }, { Prop.SessionExpiry, 1 } }.Bytes();
        await door.RefusesAsync(5, Bits.Frame(0xE0, [0], twice), Malformed, ProtocolError);
        await door.RefusesAsync(5, Bits.Frame(0x40, Bits.U16(1), [0], new Props { { Prop.MessageExpiry, 1 } }.Bytes()), Malformed, ProtocolError);
        await door.RefusesAsync(5, Bits.Frame(0x82, Bits.U16(1), new Props { { Prop.TopicAlias, 1 } }.Bytes(), Bits.Text("t"), [0]), Malformed, ProtocolError);
        await door.RefusesAsync(5, Bits.Frame(0xA2, Bits.U16(1), new Props { { Prop.SubscriptionIdentifier, 1 } }.Bytes(), Bits.Text("t")), Malformed, ProtocolError);
    }

    [Theory, Versions]
    public async Task Names_that_cannot_be_shown_are_refused(int version)
    {
        byte[] none = version == 5 ? [0] : [];
        foreach (var name in (string[])["a\u0001", "a\u001f", "a\u007f", "a\u009f", "\ufdd0", "\uffff", "\U0001fffe"])
        {
            await door.RefusesAsync(version, Bits.Frame(0x30, Bits.Text(name), none), Malformed);
            await door.RefusesAsync(version, Bits.Frame(0x82, Bits.U16(1), none, Bits.Text(name), [0]), Malformed);
            await door.RefusesAsync(new Connect(version) { ClientId = name }, Malformed);
            await door.RefusesAsync(new Connect(version) { User = name }, Malformed);
        }
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("\u00e9\u00a0\u4e2d\ufeff\U0001f600"));
        await peer.SubscribeAsync(topic);
        await peer.PublishAsync(topic, "x");
        await peer.ExpectAsync($"PUBLISH {topic} 'x' qos0");
    }

    [Fact]
    [Normative("3.4.2-1 3.5.2-1 3.6.2-1 3.7.2-1")]
    public async Task Reason_codes_of_an_acknowledgement_are_its_own()
    {
        foreach (var first in (byte[])[0x40, 0x50, 0x62, 0x70]) await door.RefusesAsync(5, [first, 3, 0, 1, 0x01], ProtocolError);
        foreach (var first in (byte[])[0x62, 0x70]) await door.RefusesAsync(5, [first, 3, 0, 1, 0x80], ProtocolError);
    }

    [Fact]
    [Normative("1.5.5-1 3.3.2-14")]
    public async Task Lengths_within_a_packet_are_as_short_as_they_can_be_and_response_topics_have_a_name()
    {
        await door.RefusesAsync(5, Bits.Frame(0x82, Bits.U16(1), [3, 0x0B, 0x81, 0x00], Bits.Text("t"), [0]), Malformed);
        await door.RefusesAsync(5, Bits.Frame(0x30, Bits.Text("t"), [3, 0x08, 0, 0]), ProtocolError);
    }
}
