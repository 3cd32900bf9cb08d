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
    /// <summary>Longer without an answer, and the server waits for the rest of a packet: a length that lies.</summary>
    private const int PatienceMilliseconds = 100;

    /// <summary>A server that does not hang up after our end has closed within this time is stuck.</summary>
    private const int HangUpMilliseconds = 20_000;

    private readonly Random _random = new(seed);
    private readonly Answers _answers = new();
    private readonly FuzzStream _stream = new(lane);

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
        Send(socket, _stream.Next(_random));
        var isHungUp = Read(socket, PatienceMilliseconds, untilAnswered: true);
        if (!isHungUp && _answers.PingResponses < FuzzStream.Packets)
        {
            socket.Shutdown(SocketShutdown.Send);
            isHungUp = Read(socket, HangUpMilliseconds, untilAnswered: false);
            if (!isHungUp) tally.Stuck();
        }
        tally.Add(_answers, isHungUp);
    }

    /// <summary>In one piece or several, each a segment of its own.</summary>
    private void Send(Socket socket, byte[] bytes)
    {
        foreach (var piece in FuzzStream.Cut(bytes, _random.Next(3) == 0 ? _random.Next(2, 8) : 1, _random)) socket.Send(piece);
    }

    /// <summary>Whether the server hung up within the time.</summary>
    private bool Read(Socket socket, int milliseconds, bool untilAnswered)
    {
        socket.ReceiveTimeout = milliseconds;
        while (_answers.Unsound is null && !(untilAnswered && _answers.PingResponses >= FuzzStream.Packets))
        {
            var read = socket.Receive(_answers.Room, SocketFlags.None, out var error);
            if (error is SocketError.TimedOut or SocketError.WouldBlock) return false;
            if (error != SocketError.Success || read == 0) return true;
            _answers.Took(read);
        }
        return false;
    }
}
