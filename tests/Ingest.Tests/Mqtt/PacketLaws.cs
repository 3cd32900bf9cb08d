using System.Buffers;
using System.Text;
using CsCheck;
using Fleet.Grains.Reports;
using Fleet.Ingest.Mqtt;
using Fleet.Ingest.Mqtt.Packets;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Fleet.Ingest_Tests.Mqtt;

public sealed class PacketLaws
{
    private static readonly Gen<byte[]> NearlyPublish = Gen.Select(Gen.Byte, Gen.Byte.Array[0, 6], Gen.Byte.Array[0, 40])
        .Select((flags, length, body) => (byte[])[(byte)(0x30 | (flags & 0x0F)), .. length, .. body]);

    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.Const("fleet/v1/T1/report"), Gen.Const("fleet/v1/T-2._x/signal"), Gen.String[Gen.Char.AlphaNumeric, 1, 20], Gen.Const("fleet/v1/é/report"));

    private static readonly Gen<MqttPublishPacket> Publishes =
        Gen.Select(Text, Gen.Byte.Array[0, 300], Gen.Int[0, 2], Gen.UShort[1, ushort.MaxValue], Gen.Bool, Gen.Bool, Gen.Bool)
            .Select((topic, payload, qos, id, retain, dup, properties) => new MqttPublishPacket
            {
                Topic = topic, Payload = new(payload), QualityOfServiceLevel = (MqttQualityOfServiceLevel)qos,
                PacketIdentifier = qos > 0 ? id : (ushort)0, Retain = retain, Dup = dup && qos > 0,
                MessageExpiryInterval = properties ? 60u : 0u,
            });

    [Fact]
    public void No_byte_string_makes_the_reader_throw() =>
        Gen.OneOf(Gen.Byte.Array[0, 64], NearlyPublish).Sample(bytes =>
        {
            foreach (var version in (MqttProtocolVersion[])[MqttProtocolVersion.V310, MqttProtocolVersion.V311, MqttProtocolVersion.V500]) Read(bytes, version);
        });

    [Theory]
    [InlineData(MqttProtocolVersion.V311)]
    [InlineData(MqttProtocolVersion.V500)]
    public void Every_publish_that_MQTTnet_writes_is_read_equal_or_left_to_the_long_way(MqttProtocolVersion version) => Publishes.Sample(publish =>
    {
        var v5 = version == MqttProtocolVersion.V500;
        var written = Written(publish, version);
        Assert.True(Frame.TryRead(written, out var frame));
        Assert.Equal(written.Length, frame.TotalBytes);
        var isPlain = Publish.TryReadPlain(frame, written, v5, out var read);
        Assert.Equal(publish is { Retain: false, QualityOfServiceLevel: < MqttQualityOfServiceLevel.ExactlyOnce } && !(v5 && publish.MessageExpiryInterval > 0), isPlain);
        if (!isPlain) return;
        Assert.Equal(publish.Topic, Encoding.UTF8.GetString(read.Topic));
        Assert.Equal(publish.Payload.ToArray(), read.Payload.ToArray());
        Assert.Equal(publish.PacketIdentifier, read.PacketId);
    });

    [Fact]
    public void A_frame_is_not_read_before_its_header_is_whole() => Publishes.Sample(publish =>
    {
        var written = Written(publish, MqttProtocolVersion.V500);
        Assert.True(Frame.TryRead(written, out var frame));
        for (var bytes = 0; bytes < frame.HeaderBytes; bytes++) Assert.False(Frame.TryRead(written.AsSpan(0, bytes), out _));
    });

    [Fact]
    public void Packet_identifier_0_is_a_protocol_error()
    {
        byte[] packet = [0x32, 6, 0, 1, (byte)'a', 0, 0, (byte)'x'];
        Assert.True(Frame.TryRead(packet, out var frame));
        Assert.False(Publish.TryReadPlain(frame, packet, hasProperties: false, out _));
        Assert.Equal(MqttDisconnectReasonCode.ProtocolError, PacketRules.Check(frame, packet, MqttProtocolVersion.V311, out _)?.Reason);
    }

    [Fact]
    public void No_topic_makes_the_parser_throw_and_its_serials_are_made_of_the_allowed_characters() =>
        Gen.OneOf(Gen.String, Gen.String.Select(s => Topic.Root + s + "/report"), Gen.String[0, 80].Select(s => Topic.Root + "T1/" + s)).Sample(topic =>
        {
            if (!Topic.TryParse(topic, out var serial, out _, out var refusal) || refusal != Refusal.None) return;
            Assert.InRange(serial.Length, 1, 64);
            Assert.All(serial, c => Assert.True(char.IsAsciiLetterOrDigit(c) || "._-".Contains(c, StringComparison.Ordinal)));
            Assert.StartsWith($"{Topic.Root}{serial}/", topic, StringComparison.Ordinal);
        });

    [Theory]
    [InlineData("fleet/v1/T1/report", true, Refusal.None)]
    [InlineData("fleet/v1/T1/reports", true, Refusal.UnknownTopic)]
    [InlineData("fleet/v1/T1", true, Refusal.UnknownTopic)]
    [InlineData("fleet/v1//report", true, Refusal.BadSerial)]
    [InlineData("fleet/v1/T 1/report", true, Refusal.BadSerial)]
    [InlineData("fleet/v2/T1/report", false, Refusal.None)]
    internal void Topics_are_refused_by_name(string topic, bool ours, Refusal expected)
    {
        Assert.Equal(ours, Topic.TryParse(topic, out _, out _, out var refusal));
        Assert.Equal(expected, refusal);
    }

    private static void Read(byte[] bytes, MqttProtocolVersion version)
    {
        if (Frame.TryRead(bytes, out var frame) && frame.IsSound && frame.TotalBytes <= bytes.Length)
        {
            if (frame.Type == PacketType.Publish) Publish.TryReadPlain(frame, bytes.AsSpan(0, frame.TotalBytes), version == MqttProtocolVersion.V500, out _);
            PacketRules.Version(frame, bytes.AsSpan(0, frame.TotalBytes), out _);
            PacketRules.Check(frame, bytes.AsSpan(0, frame.TotalBytes), version, out _);
        }
    }

    private static byte[] Written(MqttPacket packet, MqttProtocolVersion version) => Wire.Bytes(packet, version);
}
