using System.Net;
using Fleet.Ingest.Credentials;
using Microsoft.AspNetCore.Connections;

namespace Fleet.Ingest.Mqtt;

/// <summary>The limits of this node and of an address, before TLS: a handshake costs more than all that follows.</summary>
internal static class Gate
{
    private static readonly object s_passed = new();

    public static void UseGate(this IConnectionBuilder listen, Admission admission) =>
        listen.Use(next => connection => PassAsync(connection, admission, next));

    /// <summary>Serves a connection within the limits, counted once however many gates it comes through.</summary>
    public static async Task PassAsync(ConnectionContext connection, Admission admission, ConnectionDelegate next)
    {
        if (connection.Items.ContainsKey(s_passed))
        {
            await next(connection);
            return;
        }
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        if (!admission.TryEnter(address)) return;
        try
        {
            connection.Items[s_passed] = s_passed;
            await next(connection);
        }
        finally { admission.Leave(address); }
    }
}
