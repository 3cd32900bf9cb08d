using System.Security.Cryptography.X509Certificates;
using System.Text;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Packets;

namespace Fleet.Ingest.Bridge;

/// <summary>From a broker's settings to what MQTTnet connects with. Certificates are read at each connect, so that renewed ones are found.</summary>
internal static class Connecting
{
    public static MqttClientOptions ClientOptions(this BrokerOptions broker)
    {
        var options = new MqttClientOptionsBuilder()
            .WithTcpServer(broker.Host, broker.Port)
            .WithProtocolVersion(broker.IsV5 ? MqttProtocolVersion.V500 : MqttProtocolVersion.V311);
        if (broker.Tls) options.WithTlsOptions(tls => Secure(tls, broker));
        return options.Build();
    }

    /// <summary>CONNECT for a session that outlives the connection.</summary>
    public static MqttConnectPacket Connect(this BrokerOptions broker, string clientId, int maxPacketBytes) => new()
    {
        ClientId = clientId,
        CleanSession = false,
        KeepAlivePeriod = (ushort)broker.KeepAlive.TotalSeconds,
        Username = broker.UserName,
        Password = broker.Password is { } password ? Encoding.UTF8.GetBytes(password) : null,
        SessionExpiryInterval = (uint)broker.SessionExpiry.TotalSeconds,
        ReceiveMaximum = (ushort)broker.ReceiveMaximum,
        MaximumPacketSize = (uint)maxPacketBytes,
    };

    private static void Secure(MqttClientTlsOptionsBuilder tls, BrokerOptions broker)
    {
        // As SslStream has it by default; a private CA seldom publishes a revocation list.
        tls.UseTls().WithTargetHost(broker.Host).WithRevocationMode(X509RevocationMode.NoCheck);
        if (broker.CaCertificate is { } file)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(file);
            tls.WithTrustChain(authorities);
        }
        if (broker.ClientCertificate is { } own) tls.WithClientCertificates(new X509Certificate2Collection(X509Certificate2.CreateFromPemFile(own, broker.ClientKey)));
    }
}
