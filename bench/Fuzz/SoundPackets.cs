using System.Text;

namespace Fleet.Bench.Fuzz;

/// <summary>Sound packets of every type a client may send, at MQTT 3.1.1 and 5: what mutations begin with. By the specification alone, without MQTTnet.</summary>
internal static class SoundPackets
{
    public static readonly byte[] PingReq = [0xC0, 0];

    /// <summary>CONNECT of a terminal with its password, clean, and at 5 or with a will in some of the variants.</summary>
    public static byte[] Connect(string serial, string password, bool v5, bool withWill)
    {
        byte[] properties = [0x11, 0, 0, 0, 30, 0x21, 0, 20, 0x27, 0, 1, 0, 0, 0x22, 0, 10, 0x26, .. Text("a"), .. Text("b")]; // expiry, receive maximum, packet size, aliases, user property
        byte[] willProperties = [0x18, 0, 0, 0, 1, 0x01, 1];
        return Packet(0x10,
        [
            .. Text("MQTT"), (byte)(v5 ? 5 : 4), (byte)(withWill ? 0xEE : 0xC2), 0, 60, .. v5 ? Block(properties) : [],
            .. Text(serial), .. withWill ? [.. v5 ? Block(willProperties) : [], .. Text($"fleet/v1/{serial}/status"), .. Text("offline")] : (byte[])[],
            .. Text(serial), .. Text(password),
        ]);
    }

    /// <summary>One of each kind, for a session of this terminal.</summary>
    public static byte[][] Of(string serial, bool v5)
    {
        byte[] Topic(string last) => Text($"fleet/v1/{serial}/{last}");
        byte[] None() => v5 ? [0] : [];
        byte[] report = [.. """{"at":1790000000123,"seq":42,"printer":{"state":"ok","paper":0.35},"reader":{"swipe":{"ok":100,"failed":3}}}"""u8];
        byte[] publishing = [0x01, 1, 0x02, 0, 0, 0, 60, 0x03, .. Text("application/json"), 0x08, .. Text("x/y"), 0x09, .. Text("id"), 0x26, .. Text("k"), .. Text("v")];
        byte[][] packets =
        [
            Packet(0x30, [.. Topic("report"), .. None(), .. report]),
            Packet(0x32, [.. Topic("report"), 0, 1, .. None(), .. report]),
            Packet(0x34, [.. Topic("event"), 0, 2, .. None(), .. report]),
            Packet(0x33, [.. Topic("status"), 0, 3, .. None(), .. "online"u8]),
            Packet(0x3A, [.. Topic("heartbeat"), 0, 1, .. None(), .. """{"uptime":1}"""u8]),
            Packet(0x40, [0, 1]), Packet(0x50, [0, 2]), Packet(0x62, [0, 2]), Packet(0x70, [0, 2]),
            Packet(0x82, [0, 4, .. None(), .. Topic("command"), 1]),
            Packet(0x82, [0, 5, .. None(), .. Topic("#"), 2, .. Topic("+"), 0]),
            Packet(0xA2, [0, 6, .. None(), .. Topic("command")]),
            Packet(0xC0, []), Packet(0xE0, []),
        ];
        if (!v5) return packets;
        return
        [
            .. packets,
            Packet(0x32, [.. Topic("report"), 0, 7, .. Block(publishing), .. report]),
            Packet(0x32, [.. Topic("report"), 0, 8, .. Block([0x23, 0, 1]), .. report]), // sets topic alias 1
            Packet(0x32, [0, 0, 0, 9, .. Block([0x23, 0, 1]), .. report]), // and uses it
            Packet(0x40, [0, 1, 0x10, 0]), Packet(0x62, [0, 2, 0x92, .. Block([0x1F, .. Text("why")])]),
            Packet(0x82, [0, 10, .. Block([0x0B, 7]), .. Topic("command"), 0x2D]),
            Packet(0xE0, [0x04]), Packet(0xE0, [0x00, .. Block([0x11, 0, 0, 0, 5])]),
            Packet(0xF0, [0x18, .. Block([0x15, .. Text("SCRAM")])]),
        ];
    }

    public static byte[] Packet(byte first, ReadOnlySpan<byte> body) => [first, .. VariableLength(body.Length), .. body];

    /// <summary>Variable byte integer (MQTT 5, 1.5.5).</summary>
    public static byte[] VariableLength(int value)
    {
        var bytes = new List<byte>();
        do
        {
            bytes.Add((byte)(value % 128 | (value >= 128 ? 128 : 0)));
            value /= 128;
        }
        while (value > 0);
        return [.. bytes];
    }

    private static byte[] Block(byte[] properties) => [.. VariableLength(properties.Length), .. properties];

    private static byte[] Text(string text) => [(byte)(text.Length >> 8), (byte)text.Length, .. Encoding.UTF8.GetBytes(text)];
}
