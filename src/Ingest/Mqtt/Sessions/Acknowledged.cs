namespace Fleet.Ingest.Mqtt.Sessions;

/// <summary>What an acknowledgement was.</summary>
internal enum Acknowledged : byte
{
    Well,
    /// <summary>Of an identifier that is not under way: no harm, it may be an old one.</summary>
    Unknown,
    /// <summary>Not the one that the message's QoS has.</summary>
    Wrongly,
}
