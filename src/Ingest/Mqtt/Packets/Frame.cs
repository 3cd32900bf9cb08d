namespace Fleet.Ingest.Mqtt.Packets;

/// <summary>MQTT 5, table 2-1.</summary>
internal enum PacketType : byte
{
    Connect = 1, ConnAck, Publish, PubAck, PubRec, PubRel, PubComp, Subscribe, SubAck, Unsubscribe, UnsubAck, PingReq, PingResp, Disconnect, Auth,
}

/// <summary>A packet's fixed header (MQTT 5, 2.1.1).</summary>
/// <param name="First">Packet type and flags.</param>
/// <param name="HeaderBytes">Length of the fixed header itself.</param>
/// <param name="BodyBytes">Remaining Length.</param>
internal readonly record struct Frame(byte First, int HeaderBytes, int BodyBytes)
{
    public int TotalBytes => HeaderBytes + BodyBytes;
    public PacketType Type => (PacketType)(First >> 4);
    public int Qos => (First >> 1) & 3;
    public bool IsRetained => (First & 1) != 0;

    /// <summary>Whether its Remaining Length is one.</summary>
    public bool IsSound => BodyBytes >= 0;

    /// <summary>Reads a fixed header, sound or not; false when it is not all there yet.</summary>
    public static bool TryRead(ReadOnlySpan<byte> from, out Frame frame)
    {
        frame = default;
        if (from.Length < 2) return false;
        if (!TryReadVariableByteInteger(from[1..], out var length, out var used)) return false;
        frame = new(from[0], 1 + used, length);
        return true;
    }

    /// <summary>Reads a variable byte integer (MQTT 5, 1.5.5); false when it is not all there yet.</summary>
    /// <param name="value">-1 where it has more than four bytes.</param>
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
        value = -1;
        return true;
    }
}
