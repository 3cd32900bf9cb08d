using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt;

/// <summary>A packet that breaks the protocol; its connection is closed with the reason (MQTT 5, 4.13).</summary>
internal sealed class MalformedException(MqttDisconnectReasonCode reason, string message) : MQTTnet.Exceptions.MqttProtocolViolationException(message)
{
    public MqttDisconnectReasonCode Reason => reason;
}

/// <summary>A packet's fixed header (MQTT 5, 2.1.1).</summary>
/// <param name="First">Packet type and flags.</param>
/// <param name="HeaderBytes">Length of the fixed header itself.</param>
/// <param name="BodyBytes">Remaining Length.</param>
internal readonly record struct Frame(byte First, int HeaderBytes, int BodyBytes)
{
    private const byte PublishType = 0x30;

    public int TotalBytes => HeaderBytes + BodyBytes;
    public bool IsPublish => (First & 0xF0) == PublishType;
    public int Qos => (First >> 1) & 3;
    public bool IsRetained => (First & 1) != 0;

    /// <summary>Reads a fixed header; false when it is not all there yet.</summary>
    /// <exception cref="MalformedException">The Remaining Length has more than four bytes.</exception>
    public static bool TryRead(ReadOnlySpan<byte> from, out Frame frame)
    {
        frame = default;
        if (from.Length < 2) return false;
        if (!TryReadVariableByteInteger(from[1..], out var length, out var used)) return false;
        frame = new(from[0], 1 + used, length);
        return true;
    }

    /// <summary>MQTT 5, 1.5.5: at most four bytes, least significant group first.</summary>
    public static bool TryReadVariableByteInteger(ReadOnlySpan<byte> from, out int value, out int used)
    {
        (value, used) = (0, 0);
        while (used < 4)
        {
            if (used == from.Length) return false;
            var b = from[used];
            value |= (b & 0x7F) << (7 * used++);
            if ((b & 0x80) == 0) return true;
        }
        throw new MalformedException(MqttDisconnectReasonCode.MalformedPacket, "a variable byte integer has more than four bytes");
    }
}
