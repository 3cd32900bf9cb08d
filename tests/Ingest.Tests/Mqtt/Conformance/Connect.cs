using System.Text;

namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>A CONNECT that is valid by default.</summary>
internal sealed record Connect(int Version)
{
    public string ProtocolName { get; init; } = "MQTT";
    public string ClientId { get; init; } = Names.New("c");
    /// <summary>Clean Session of 3.1.1, Clean Start of 5.0.</summary>
    public bool Clean { get; init; } = true;
    public ushort KeepAliveSeconds { get; init; }
    public Will? Will { get; init; }
    public string? User { get; init; }
    public string? Password { get; init; }
    public Props Properties { get; init; } = [];

    /// <summary>Changes the connect flags to wrong ones.</summary>
    public Func<byte, byte> Flags { get; init; } = flags => flags;

    /// <summary>Keeps its session: 3.1.1 by Clean Session 0, 5.0 for an hour.</summary>
    public Connect Kept(uint seconds = 3600) => this with { Clean = false, Properties = Version == 5 ? new Props { { Prop.SessionExpiry, seconds } } : [] };

    public byte[] Bytes()
    {
        var flags = (Clean ? 2 : 0) | (Will is null ? 0 : 4 | (Will.Qos << 3) | (Will.Retain ? 0x20 : 0)) | (Password is null ? 0 : 0x40) | (User is null ? 0 : 0x80);
        byte[] will = Will is null ? [] : [.. Version == 5 ? (Will.Properties ?? []).Bytes() : [], .. Bits.Text(Will.Topic), .. Bits.Text(Will.Payload)];
        return Bits.Frame(0x10, Bits.Text(ProtocolName), [(byte)Version, Flags((byte)flags)], Bits.U16(KeepAliveSeconds), Version == 5 ? Properties.Bytes() : [],
            Bits.Text(ClientId), will, User is null ? [] : Bits.Text(User), Password is null ? [] : Bits.Binary(Encoding.UTF8.GetBytes(Password)));
    }
}

internal sealed record Will(string Topic, string Payload = "gone", int Qos = 0, bool Retain = false, Props? Properties = null);

/// <summary>Names that no other test has: all share one server.</summary>
internal static class Names
{
    private static int s_last;

    public static string New(string what) => $"{what}-{Interlocked.Increment(ref s_last)}";
}
