using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fleet.Bench.Load;

/// <summary>
/// Clients that behave badly for as long as they live, a third each: some publish and never read an answer, some stop in the
/// middle of their CONNECT, some send one byte at a time; and some subscribe to everything and read nothing. Whoever is
/// thrown out comes back. One thread.
/// </summary>
internal sealed class BadClients : IDisposable
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(20);
    private readonly IPEndPoint _server;
    private readonly Bad[] _clients;
    private readonly ManualResetEvent _stop = new(initialState: false);
    private readonly Thread _thread;

    /// <param name="count">Of the first three kinds together.</param>
    /// <param name="watchers">That subscribe.</param>
    public BadClients(IPEndPoint server, int count, int watchers)
    {
        _server = server;
        _clients = [.. Enumerable.Range(0, count + watchers).Select(i => new Bad(i < count ? (Manner)(i % 3) : Manner.SubscribesAndReadsNothing, i))];
        _thread = new Thread(Run) { IsBackground = true, Name = "bad clients" };
        _thread.Start();
    }

    /// <summary>How often the server threw one out.</summary>
    public int ThrownOut { get; private set; }

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        foreach (var client in _clients) client.Socket?.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        var sink = new byte[4096];
        while (!_stop.WaitOne(s_tick))
            foreach (var client in _clients)
            {
                try
                {
                    Act(client, sink);
                }
                catch (SocketException)
                {
                    if (client.Socket is not null) ThrownOut++;
                    client.Socket?.Dispose();
                    client.Socket = null;
                }
            }
    }

    private void Act(Bad client, byte[] sink)
    {
        if (client.Socket is null)
        {
            client.Socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 4096 };
            client.Socket.Bind(new IPEndPoint(QuietClient.Source(client.Number), 0));
            client.Socket.Connect(_server);
            client.Socket.Blocking = false;
            client.Sent = 0;
            byte[] connect = Connect(client.Number), report = Report(client.Number);
            client.RepeatFrom = client.Manner is Manner.StopsInTheMiddle or Manner.SubscribesAndReadsNothing ? null : connect.Length;
            client.Script = client.Manner switch
            {
                Manner.StopsInTheMiddle => connect[..(connect.Length / 2)],
                Manner.SubscribesAndReadsNothing => [.. connect, 0x82, 15, 0, 1, 0, 10, .. "fleet/v1/#"u8, 1], // MQTT 3.1.1 section 3.8
                Manner.ReadsNothing => [.. connect, .. Enumerable.Repeat(report, 200).SelectMany(packet => packet)],
                _ => [.. connect, .. report],
            };
        }
        if (client.Sent == client.Script.Length) client.Sent = client.RepeatFrom ?? client.Sent;
        var bytes = Math.Min(client.Manner == Manner.OneByteAtATime ? 1 : int.MaxValue, client.Script.Length - client.Sent);
        client.Sent += Try(client.Socket.Send(client.Script.AsSpan(client.Sent, bytes), SocketFlags.None, out var error), error);
        if (client.Manner is Manner.ReadsNothing or Manner.SubscribesAndReadsNothing) return;
        var read = client.Socket.Receive(sink, SocketFlags.None, out var received);
        if (received == SocketError.Success && read == 0) throw new SocketException((int)SocketError.ConnectionReset);
        Try(read, received);
    }

    private static int Try(int count, SocketError error) => error switch
    {
        SocketError.Success => count,
        SocketError.WouldBlock => 0,
        _ => throw new SocketException((int)error),
    };

    private static byte[] Connect(int number)
    {
        var name = $"bad-{number}";
        return [0x10, (byte)(12 + name.Length), 0, 4, .. "MQTT"u8, 4, 2, 0, 0, 0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name)];
    }

    private static byte[] Report(int number) => ReportPacket.Packet($"fleet/v1/BAD{number}/report", """{"heartbeat":{"uptime":1,"interval":60}}""", packetId: 1);

    private enum Manner { ReadsNothing, StopsInTheMiddle, OneByteAtATime, SubscribesAndReadsNothing }

    private sealed class Bad(Manner manner, int number)
    {
        public Manner Manner => manner;
        public int Number => number;
        public Socket? Socket { get; set; }
        public byte[] Script { get; set; } = [];

        /// <summary>Where it begins again at the end of the script; null where it stops.</summary>
        public int? RepeatFrom { get; set; }

        public int Sent { get; set; }
    }
}
