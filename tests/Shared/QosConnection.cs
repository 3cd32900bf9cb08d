using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fleet.Tests.Shared;

/// <summary>What a server answers to a PUBLISH, by its first byte (MQTT 3.1.1, 2.2).</summary>
internal enum Answer : byte
{
    PubAck = 0x40,
    PubRec = 0x50,
    PubComp = 0x70,
}

/// <summary>
/// A raw MQTT 3.1.1 connection that publishes at QoS 1 or 2, independent of the house's own codec and of MQTTnet. Sending
/// and reading answers may go on at once; answers are read by one caller.
/// </summary>
internal sealed class QosConnection : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly SemaphoreSlim _sending = new(1);
    private readonly byte[] _in = new byte[4096];
    private int _length;

    private QosConnection() { }

    /// <summary>Whether the server has kept the session of the connection before (MQTT 3.1.1, 3.2.2.2).</summary>
    public bool IsSessionPresent { get; private set; }

    /// <param name="clean">Clean Session: begin anew.</param>
    /// <exception cref="SocketException">Nobody listens.</exception>
    /// <exception cref="IOException">The server refuses, or says nothing in time.</exception>
    public static async Task<QosConnection> OpenAsync(int port, string clientId, bool clean, CancellationToken stop)
    {
        var connection = new QosConnection();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(s_patience);
        try
        {
            await connection._socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), patience.Token);
            // CONNECT: no keep-alive (MQTT 3.1.1, 3.1).
            await connection.SendAsync(
                [0x10, (byte)(12 + clientId.Length), 0, 4, .. "MQTT"u8, 4, (byte)(clean ? 2 : 0), 0, 0, 0, (byte)clientId.Length, .. Encoding.ASCII.GetBytes(clientId)], patience.Token);
            await connection.FillAsync(4, patience.Token);
            if (connection._in[0] != 0x20 || connection._in[3] != 0) throw new IOException($"CONNECT is refused with {connection._in[3]}.");
            connection.IsSessionPresent = connection._in[2] != 0;
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

    /// <param name="qos">1 or 2.</param>
    /// <param name="again">Sent before: DUP.</param>
    public Task PublishAsync(string topic, ushort packetId, int qos, bool again, ReadOnlySpan<byte> payload, CancellationToken stop)
    {
        var remaining = 2 + topic.Length + 2 + payload.Length; // under 16,384: two length bytes (MQTT 3.1.1, 2.2.3)
        return SendAsync(
            [(byte)(0x30 | (again ? 8 : 0) | qos << 1), (byte)(remaining % 128 | 128), (byte)(remaining / 128), 0, (byte)topic.Length, .. Encoding.ASCII.GetBytes(topic),
                (byte)(packetId >> 8), (byte)packetId, .. payload], stop);
    }

    /// <summary>PUBREL: the message of a PUBREC is not sent again (MQTT 3.1.1, 4.3.3).</summary>
    public Task ReleaseAsync(ushort packetId, CancellationToken stop) => SendAsync([0x62, 2, (byte)(packetId >> 8), (byte)packetId], stop);

    /// <summary>The next answer and its packet identifier.</summary>
    /// <exception cref="IOException">The connection has ended.</exception>
    public async Task<(Answer Answer, ushort PacketId)> AnswerAsync(CancellationToken stop)
    {
        await FillAsync(4, stop);
        var answer = (Answer)_in[0];
        if (!Enum.IsDefined(answer) || _in[1] != 2) throw new InvalidDataException($"Expected an answer to a PUBLISH, got {Convert.ToHexString(_in, 0, 4)}.");
        var packetId = (ushort)(_in[2] << 8 | _in[3]);
        Drop(4);
        return (answer, packetId);
    }

    public void Dispose() => _socket.Dispose(); // the semaphore holds nothing, and a sender may still be leaving it

    private async Task SendAsync(byte[] packet, CancellationToken stop)
    {
        await _sending.WaitAsync(stop);
        try
        {
            for (var sent = 0; sent < packet.Length;) sent += await _socket.SendAsync(packet.AsMemory(sent), stop);
        }
        finally { _sending.Release(); }
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
