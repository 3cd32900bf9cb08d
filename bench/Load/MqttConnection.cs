using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fleet.Bench.Load;

/// <summary>
/// One raw MQTT 3.1.1 connection that publishes QoS 1 with a window: many packets go out in one send, and acknowledgements
/// must come back in the order of the packets (MQTT-4.6.0-2), which is checked. Owned by one thread.
/// </summary>
internal sealed class MqttConnection : IDisposable
{
    private const int AckSize = 4;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly int _window;
    private readonly long[] _intended;
    private readonly byte[] _out;
    private readonly byte[] _in;
    private int _outStart, _outEnd, _inLength;
    private ushort _lastSent, _lastAcknowledged;
    private int _oldest;

    private MqttConnection(int window, int packetSize)
    {
        _window = window;
        _intended = new long[window];
        _out = new byte[window * packetSize];
        _in = new byte[Math.Max(1024, (window + 1) * AckSize)];
    }

    public Socket Socket => _socket;

    public int InFlight { get; private set; }

    /// <summary>How many more packets may be sent now.</summary>
    public int Free => _window - InFlight;

    /// <param name="packetSize">The longest packet that will be sent; the send buffer holds a window of them.</param>
    public static MqttConnection Connect(IPEndPoint server, string clientId, int window, int packetSize)
    {
        var connection = new MqttConnection(window, packetSize);
        try
        {
            connection._socket.Connect(server);
            connection.Handshake(clientId);
            connection._socket.Blocking = false;
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Room for one PUBLISH in the send buffer, already counted as in flight; the caller fills it.</summary>
    /// <param name="intended">When it should have been sent: comes back with its acknowledgement.</param>
    public Span<byte> Publish(int length, long intended, out ushort packetId)
    {
        if (Free == 0) throw new InvalidOperationException("The window is full.");
        packetId = _lastSent = Following(_lastSent);
        _intended[(_oldest + InFlight++) % _window] = intended;
        if (_outEnd + length > _out.Length) Compact();
        var room = _out.AsSpan(_outEnd, length);
        _outEnd += length;
        return room;
    }

    /// <summary>Sends what is buffered, as far as the socket takes it; the rest goes when the socket says it is writable.</summary>
    public void Flush()
    {
        while (_outStart < _outEnd)
        {
            var sent = _socket.Send(_out.AsSpan(_outStart, _outEnd - _outStart), SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock) return;
            if (error != SocketError.Success) throw new SocketException((int)error);
            _outStart += sent;
        }
        _outStart = _outEnd = 0;
    }

    /// <summary>Reads the acknowledgements that have arrived: how many, and each one's intended time.</summary>
    public int ReadAcknowledgements(Span<long> intended)
    {
        // A window of acknowledgements fits the buffer, so one read drains the socket and edge triggering misses nothing.
        var read = _socket.Receive(_in.AsSpan(_inLength), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock) return 0;
        if (error != SocketError.Success) throw new SocketException((int)error);
        if (read == 0) throw new IOException("The server closed the connection.");
        _inLength += read;

        var count = 0;
        for (; (count + 1) * AckSize <= _inLength; count++)
        {
            Expect(_in.AsSpan(count * AckSize, AckSize));
            intended[count] = _intended[_oldest];
            _oldest = (_oldest + 1) % _window;
            InFlight--;
        }
        _inLength -= count * AckSize;
        _in.AsSpan(count * AckSize, _inLength).CopyTo(_in);
        return count;
    }

    public void Dispose() => _socket.Dispose();

    private void Expect(ReadOnlySpan<byte> packet)
    {
        var id = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        if (packet[0] != 0x40 || packet[1] != 2)
            throw new IOException($"Expected a PUBACK, got {Convert.ToHexString(packet)}.");
        if (InFlight == 0 || id != Following(_lastAcknowledged))
            throw new IOException($"PUBACK {id} out of order: {Following(_lastAcknowledged)} was next.");
        _lastAcknowledged = id;
    }

    /// <summary>Packet identifiers are 1 to 65,535.</summary>
    private static ushort Following(ushort id) => id == ushort.MaxValue ? (ushort)1 : (ushort)(id + 1);

    private void Compact()
    {
        _out.AsSpan(_outStart, _outEnd - _outStart).CopyTo(_out);
        _outEnd -= _outStart;
        _outStart = 0;
    }

    private void Handshake(string clientId)
    {
        // CONNECT, clean session, no keep-alive: MQTT 3.1.1 section 3.1.
        byte[] connect = [0x10, (byte)(12 + clientId.Length), 0, 4, .. "MQTT"u8, 4, 2, 0, 0, 0, (byte)clientId.Length, .. Encoding.UTF8.GetBytes(clientId)];
        _socket.Send(connect);
        Span<byte> answer = stackalloc byte[4];
        for (var read = 0; read < answer.Length;)
        {
            var more = _socket.Receive(answer[read..]);
            if (more == 0) throw new IOException("The server closed the connection instead of a CONNACK.");
            read += more;
        }
        if (answer[0] != 0x20 || answer[3] != 0)
            throw new IOException($"The server refused the connection: {Convert.ToHexString(answer)}.");
    }
}
