using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Fleet.Ingest.Mqtt;

public enum MqttTopics
{
    /// <summary>Only what is under <c>fleet/v1</c>.</summary>
    Fleet,
    /// <summary>A general broker for every other topic too.</summary>
    Any,
}

/// <summary>Settings <c>Mqtt:*</c>.</summary>
public sealed class MqttOptions : IValidatableObject
{
    /// <summary>The address that MQTT listens on.</summary>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>The port of plain TCP; 0 for none.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 1883;

    /// <summary>Lets clients in without credentials, on every topic; on a loopback address only.</summary>
    public bool AllowAnonymous { get; set; }

    public MqttTopics Topics { get; set; } = MqttTopics.Fleet;

    /// <summary>The largest packet taken, in bytes; a larger one closes its connection (MQTT 5, 3.1.2.11.4).</summary>
    [Range(1024, 256 * 1024 * 1024)]
    public int MaxPacketBytes { get; set; } = 128 * 1024;

    [Range(1, 10_000_000)]
    public int MaxConnections { get; set; } = 100_000;

    /// <summary>How many of a session's messages may be under way to the disk before it is not read (cf. Receive Maximum, MQTT 5, 3.3.4).</summary>
    [Range(1, 65535)]
    public int MaxUnacknowledged { get; set; } = 1024;

    /// <summary>Messages a second of one terminal before its session is read more slowly; anonymous sessions have no limit.</summary>
    [Range(1, 1_000_000)]
    public int MessagesPerSecond { get; set; } = 200;

    /// <summary>Messages a second of all terminals and tokens of one address; 0 for no limit, since many may share one (NAT, a balancer).</summary>
    [Range(0, 100_000_000)]
    public int MessagesPerSecondPerAddress { get; set; }

    /// <summary>Connections a second of one address, with a burst of ten seconds' worth; 0 for no limit.</summary>
    [Range(0, 1_000_000)]
    public int ConnectsPerSecondPerAddress { get; set; } = 2000;

    /// <summary>Open connections of one address; 0 for no limit.</summary>
    [Range(0, 10_000_000)]
    public int ConnectionsPerAddress { get; set; }

    /// <summary>Logins a minute of one terminal; 0 for no limit.</summary>
    [Range(0, 1_000_000)]
    public int ConnectsPerMinutePerSerial { get; set; } = 120;

    /// <summary>How long a connection may take to say CONNECT.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest keep-alive of a client of version 5, which is told (Server Keep Alive, MQTT 5, 3.2.2.3.14): what has gone is known after one and a half of it. 0 for the client's own.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "18:12:15")]
    public TimeSpan MaxKeepAlive { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a session without a connection is kept at most (MQTT 5, 3.1.2.11.2); at 3.1.1, always, unless it is clean.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00")]
    public TimeSpan MaxSessionExpiry { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How many messages may wait for a subscriber that is slow or away; then the oldest is dropped.</summary>
    [Range(1, 1_000_000)]
    public int MaxQueuedPerClient { get; set; } = 1000;

    /// <summary>How many bytes may wait for it: payload, topic and properties.</summary>
    [Range(1024, 1024 * 1024 * 1024)]
    public int MaxQueuedBytesPerClient { get; set; } = 4 * 1024 * 1024;

    /// <summary>How many bytes may wait for all subscribers of this node together, or be under way to them; what several wait for counts for each.</summary>
    [Range(1024, long.MaxValue)]
    public long MaxQueuedBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>How much retained messages may hold in memory; a further one is refused with 0x97.</summary>
    [Range(1024, long.MaxValue)]
    public long MaxRetainedBytes { get; set; } = 512L * 1024 * 1024;

    public TlsOptions Tls { get; set; } = new();

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IPAddress.TryParse(Address, out var address))
            yield return new($"Mqtt:Address is '{Address}', which is no IP address");
        else if (AllowAnonymous && !IPAddress.IsLoopback(address))
            yield return new($"Mqtt:AllowAnonymous is true while Mqtt:Address is {Address}: anonymous clients are let in on loopback addresses only");
        if (MaxQueuedBytes < MaxQueuedBytesPerClient)
            yield return new($"Mqtt:MaxQueuedBytes is {MaxQueuedBytes}, less than Mqtt:MaxQueuedBytesPerClient, which is {MaxQueuedBytesPerClient}");
        if (Tls.Port != 0 && Tls.Port == Port)
            yield return new($"Mqtt:Tls:Port is {Tls.Port}, which is Mqtt:Port too");
        if (Tls.Port != 0 && string.IsNullOrEmpty(Tls.Certificate))
            yield return new($"Mqtt:Tls:Port is {Tls.Port} while Mqtt:Tls:Certificate is empty");
        if (Tls.Port == 0 && Tls.ClientCertificate == ClientCertificates.Required)
            yield return new("Mqtt:Tls:ClientCertificate is Required while Mqtt:Tls:Port is 0: nobody could show one");
        if (Tls.ClientCertificate != ClientCertificates.None && string.IsNullOrEmpty(Tls.ClientCa))
            yield return new($"Mqtt:Tls:ClientCertificate is {Tls.ClientCertificate} while Mqtt:Tls:ClientCa is empty");
        if (!string.IsNullOrEmpty(Tls.Crl) && string.IsNullOrEmpty(Tls.ClientCa))
            yield return new($"Mqtt:Tls:Crl is {Tls.Crl} while Mqtt:Tls:ClientCa is empty");
    }
}

/// <summary>Whether terminals show a certificate.</summary>
public enum ClientCertificates
{
    /// <summary>None is asked for.</summary>
    None,
    /// <summary>One that is shown must be good; without one a password is needed.</summary>
    Optional,
    /// <summary>Without one there is no connection, and where TLS ends elsewhere no session, but from loopback.</summary>
    Required,
}

/// <summary>Settings <c>Mqtt:Tls:*</c>.</summary>
public sealed class TlsOptions
{
    /// <summary>The TLS port; 0 for none (8883 is MQTT's).</summary>
    [Range(0, 65535)]
    public int Port { get; set; }

    /// <summary>The certificate: a PEM file with its chain.</summary>
    public string? Certificate { get; set; }

    /// <summary>Its key: a PEM file; without one, in the certificate's file.</summary>
    public string? Key { get; set; }

    public ClientCertificates ClientCertificate { get; set; } = ClientCertificates.None;

    /// <summary>The authorities of client certificates: a PEM file with one root or more, and any between them and the clients.</summary>
    public string? ClientCa { get; set; }

    /// <summary>Their revocation lists: PEM with several, or DER with one. Without it nobody's certificate is revoked.</summary>
    public string? Crl { get; set; }
}
