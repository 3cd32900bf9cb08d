using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fleet.House_Tests.Running;

/// <summary>
/// A raw MQTT 3.1.1 connection that publishes at QoS 1, independent of the house's own codec and of MQTTnet. Publishing
/// and reading acknowledgements may go on at once, each by one caller.
/// </summary>
internal sealed class QosOneConnection : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _in = new byte[4096];
    private int _length;

    private QosOneConnection() { }

    /// <exception cref="SocketException">Nobody listens.</exception>
    /// <exception cref="IOException">The server refuses, or says nothing in time.</exception>
    public static async Task<QosOneConnection> OpenAsync(int port, string clientId, CancellationToken stop)
    {
        var connection = new QosOneConnection();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(s_patience);
        try
        {
            await connection._socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), patience.Token);
            // CONNECT: clean session, no keep-alive (MQTT 3.1.1, 3.1).
            await connection.SendAsync([0x10, (byte)(12 + clientId.Length), 0, 4, .. "MQTT"u8, 4, 2, 0, 0, 0, (byte)clientId.Length, .. Encoding.ASCII.GetBytes(clientId)], patience.Token);
            await connection.FillAsync(4, patience.Token);
            if (connection._in[0] != 0x20 || connection._in[3] != 0) throw new IOException($"CONNECT is refused with {connection._in[3]}.");
            connection.Drop(4);
            return connection;
        }
        catch (Exception e)
        {
            connection.Dispose();
            if (e is OperationCanceledException && !stop.IsCancellationRequested) throw new IOException($"No CONNACK within {s_patience}.");
            throw;
        }
    }

    public Task PublishAsync(string topic, ushort packetId, bool again, ReadOnlySpan<byte> payload, CancellationToken stop)
    {
        var remaining = 2 + topic.Length + 2 + payload.Length; // under 16,384: two length bytes (MQTT 3.1.1, 2.2.3)
        return SendAsync(
            [(byte)(again ? 0x3A : 0x32), (byte)(remaining % 128 | 128), (byte)(remaining / 128), 0, (byte)topic.Length, .. Encoding.ASCII.GetBytes(topic),
                (byte)(packetId >> 8), (byte)packetId, .. payload], stop);
    }

    /// <summary>The packet identifier of the next PUBACK.</summary>
    /// <exception cref="IOException">The connection has ended.</exception>
    public async Task<ushort> AcknowledgedAsync(CancellationToken stop)
    {
        await FillAsync(4, stop);
        if (_in[0] != 0x40 || _in[1] != 2) throw new InvalidDataException($"Expected a PUBACK, got {Convert.ToHexString(_in, 0, 4)}.");
        var packetId = (ushort)(_in[2] << 8 | _in[3]);
        Drop(4);
        return packetId;
    }

    public void Dispose() => _socket.Dispose();

    private async Task SendAsync(byte[] packet, CancellationToken stop)
    {
        for (var sent = 0; sent < packet.Length;) sent += await _socket.SendAsync(packet.AsMemory(sent), stop);
    }

    private async Task FillAsync(int bytes, CancellationToken stop)
    {
        while (_length < bytes)
        {
            var read = await _socket.ReceiveAsync(_in.AsMemory(_length), stop);
            if (read == 0) throw new IOException("The server has closed the connection.");
            _length += read;
        }
    }

    private void Drop(int bytes)
    {
        _in.AsSpan(bytes, _length - bytes).CopyTo(_in);
        _length -= bytes;
    }
}
