using System.Net;
using Fleet.Ingest.Credentials;
using Microsoft.AspNetCore.Connections;

namespace Fleet.Ingest.Mqtt;

/// <summary>The limits of an address, before TLS: a handshake costs more than all that follows.</summary>
internal static class Gate
{
    private static readonly object s_passed = new();

    public static void UseGate(this IConnectionBuilder listen, Admission admission) => listen.Use(next => async connection =>
    {
        if (connection.RemoteEndPoint is not IPEndPoint { Address: var address })
        {
            await next(connection);
            return;
        }
        if (!admission.TryEnter(address)) return;
        try
        {
            connection.Items[s_passed] = s_passed;
            await next(connection);
        }
        finally { admission.Leave(address); }
    });

    /// <summary>The connection was counted at the gate.</summary>
    public static bool HasPassed(ConnectionContext connection) => connection.Items.ContainsKey(s_passed);
}
