using System.Net;
using System.Net.Sockets;
using Fleet.Bench.Load;

namespace Fleet.Bench.Fuzz;

/// <summary>
/// One thread that connects, sends mutated packets, reads until the server has had them all or hangs up, and begins again.
/// A PINGREQ follows each packet: its answer says that the packet was read and survived; a hang-up, that one was refused.
/// </summary>
internal sealed class FuzzLane(IPEndPoint server, int lane, int seed, FuzzTally tally)
{
    private const int PacketsOfOneConnection = 20;

    /// <summary>Longer without an answer, and the server waits for the rest of a packet: a length that lies.</summary>
    private const int PatienceMilliseconds = 100;

    /// <summary>A server that does not hang up after our end has closed within this time is stuck.</summary>
    private const int HangUpMilliseconds = 20_000;

    private readonly Random _random = new(seed);
    private readonly Answers _answers = new();
    private readonly byte[][][] _sound = [SoundPackets.Of(ReportPacket.Serial(lane), v5: false), SoundPackets.Of(ReportPacket.Serial(lane), v5: true)];

    /// <summary>Goes on until the tally is full.</summary>
    public void Run()
    {
        while (!tally.IsFull)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(QuietClient.Source(lane), 0));
            socket.Connect(server);
            _answers.Clear();
            try
            {
                Talk(socket);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted)
            {
                tally.Add(_answers, isHungUp: true);
            }
            socket.Close(0); // RST: no port waits in TIME_WAIT
        }
    }

    private void Talk(Socket socket)
    {
        var v5 = _random.Next(2);
        var connect = SoundPackets.Connect(ReportPacket.Serial(lane), Passwords.Of(lane), v5 == 1, _random.Next(4) == 0);
        if (_random.Next(8) == 0)
        {
            // A CONNECT that is damaged and accepted may keep a session: that is a terminal of its own, which nobody else uses.
            var serial = FuzzTally.ConnectTerminals[_random.Next(FuzzTally.ConnectTerminals.Length)];
            connect = Mutation.Of(SoundPackets.Connect(ReportPacket.Serial(serial), Passwords.Of(serial), v5 == 1, _random.Next(2) == 0), connect, _random);
        }
        var packets = _sound[v5];
        var stream = new List<byte>(connect);
        for (var i = 0; i < PacketsOfOneConnection; i++)
        {
            stream.AddRange(Mutation.Of(packets[_random.Next(packets.Length)], packets[_random.Next(packets.Length)], _random));
            stream.AddRange(SoundPackets.PingReq);
        }
        Send(socket, [.. stream]);
        var isHungUp = Read(socket, PatienceMilliseconds, untilAnswered: true);
        if (!isHungUp && _answers.PingResponses < PacketsOfOneConnection)
        {
            socket.Shutdown(SocketShutdown.Send);
            isHungUp = Read(socket, HangUpMilliseconds, untilAnswered: false);
            if (!isHungUp) tally.Stuck();
        }
        tally.Add(_answers, isHungUp);
    }

    /// <summary>In one piece or several, each a segment of its own.</summary>
    private void Send(Socket socket, ReadOnlySpan<byte> bytes)
    {
        var pieces = _random.Next(3) == 0 ? _random.Next(2, 8) : 1;
        for (; pieces > 1 && bytes.Length > 1; pieces--)
        {
            var length = _random.Next(1, bytes.Length);
            socket.Send(bytes[..length]);
            bytes = bytes[length..];
        }
        socket.Send(bytes);
    }

    /// <summary>Whether the server hung up within the time.</summary>
    private bool Read(Socket socket, int milliseconds, bool untilAnswered)
    {
        socket.ReceiveTimeout = milliseconds;
        while (_answers.Unsound is null && !(untilAnswered && _answers.PingResponses >= PacketsOfOneConnection))
        {
            var read = socket.Receive(_answers.Room, SocketFlags.None, out var error);
            if (error is SocketError.TimedOut or SocketError.WouldBlock) return false;
            if (error != SocketError.Success || read == 0) return true;
            _answers.Took(read);
        }
        return false;
    }
}
