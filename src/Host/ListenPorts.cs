using System.Net;
using System.Net.Sockets;
using Fleet.Ingest.Mqtt;

namespace Fleet.Host;

/// <summary>The ports that the server will listen on.</summary>
internal static class ListenPorts
{
    /// <summary>Says of a port that somebody else has, by its setting, before the rooms are opened: Kestrel finds out last, when all of them stand.</summary>
    /// <exception cref="SettingsException">A port is taken, or its address is none of this machine's.</exception>
    public static void RefuseTaken(WebApplication app)
    {
        foreach (var endPoint in Settings.HttpEndPoints(app.Configuration)) Refuse("Http:Urls", endPoint);
        var mqtt = app.Services.GetRequiredService<MqttOptions>();
        Refuse("Mqtt:Port", new(IPAddress.Parse(mqtt.Address), mqtt.Port));
        Refuse("Mqtt:Tls:Port", new(IPAddress.Parse(mqtt.Address), mqtt.Tls.Port));
    }

    private static void Refuse(string setting, IPEndPoint endPoint)
    {
        if (endPoint.Port == 0) return; // none, or any free one
        try
        {
            using var probe = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(endPoint);
            probe.Listen(1);
        }
        catch (SocketException no)
        {
            throw new SettingsException($"{setting} is {endPoint}, which cannot be listened on: {no.Message}");
        }
    }
}
