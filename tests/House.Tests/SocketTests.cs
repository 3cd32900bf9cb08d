using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Dapper;
using Fleet.House_Tests.Running;
using Fleet.Store;

namespace Fleet.House_Tests;

/// <summary>What the program holds of senders that it does not read, and whether it would notice one that has vanished: as the kernel sees it.</summary>
public sealed class SocketTests
{
    private static readonly byte[] s_connect = [0x10, 13, 0, 4, .. "MQTT"u8, 4, 2, 0, 0, 0, 1, (byte)'a'];

    [Fact]
    public async Task While_the_journal_stands_still_a_sender_costs_no_more_than_what_is_read_ahead_and_goes_on_with_packets_of_any_size()
    {
        await using var fleet = await FleetProcess.StartAsync("--Mqtt:AllowAnonymous=true", "--Influx:Api=none");
        await using var journal = Database.Sqlite(Path.Combine(fleet.DataFolder, "journal.db"));
        var filler = await ConnectedAsync(fleet, 'f');
        var sender = await ConnectedAsync(fleet, 's');
        await using (var holder = await journal.OpenAsync(TestContext.Current.CancellationToken))
        {
            await holder.ExecuteAsync("begin immediate"); // as a commit that does not come back from the disk
            await FillAsync(filler, Publish(100_000));
            var sent = await FillAsync(sender, Publish(1000));
            Assert.InRange(sent, 64 * 1024, long.MaxValue);
            Assert.InRange(sent - OnTheirWay(sender), 0, 100 * 1024);
            await holder.ExecuteAsync("rollback");
        }
        await AcknowledgedAsync(sender, Publish(1000, id: 7), 7);
        await AcknowledgedAsync(filler, Publish(120_000, id: 8), 8);
    }

    [Fact]
    public async Task A_peer_that_is_silent_for_a_minute_is_asked_whether_it_is_there()
    {
        await using var fleet = await FleetProcess.StartAsync("--Mqtt:AllowAnonymous=true", "--Influx:Api=none");
        using var client = (await ConnectedAsync(fleet, 'k')).Socket;
        var (timer, hundredths) = Rows(fleet.MqttPort, ((IPEndPoint)client.LocalEndPoint!).Port).Single().Timer;
        Assert.Equal(2, timer); // keep-alive, Documentation/networking/proc_net_tcp.rst
        Assert.InRange(hundredths, 1, 6100);
    }

    private static async Task<Sender> ConnectedAsync(FleetProcess fleet, char name)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendBufferSize = 64 * 1024 };
        await socket.ConnectAsync(IPAddress.Loopback, fleet.MqttPort, TestContext.Current.CancellationToken);
        var sender = new Sender(socket, fleet.MqttPort);
        await socket.SendAsync((byte[])[.. s_connect[..^1], (byte)name], TestContext.Current.CancellationToken);
        Assert.Equal([0x20, 2, 0, 0], await sender.ReadAsync(4));
        socket.Blocking = false;
        return sender;
    }

    /// <summary>Sends one packet again and again until nothing more goes for a while; how many bytes went.</summary>
    private static async Task<long> FillAsync(Sender sender, byte[] packet)
    {
        var before = sender.Sent;
        for (var (last, stable) = (-1L, 0); stable < 10; await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            while (sender.TrySend(packet)) Assert.InRange(sender.Sent, 0, 64 * 1024 * 1024); // the journal's buffers are far smaller
            stable = sender.Sent == last ? stable + 1 : 0;
            last = sender.Sent;
        }
        return sender.Sent - before;
    }

    /// <summary>Completes the packet that is on its way, sends another, and waits for its PUBACK.</summary>
    private static async Task AcknowledgedAsync(Sender sender, byte[] packet, byte id)
    {
        await Eventually.EqualAsync(true, () => Task.FromResult(sender.TryComplete()));
        var patience = sender.ReadAsync(4);
        await Eventually.EqualAsync(true, () => Task.FromResult(sender.TrySend(packet)));
        await Eventually.EqualAsync(true, () => Task.FromResult(sender.TryComplete()));
        Assert.Equal([0x40, 2, 0, id], await patience.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
    }

    /// <summary>A PUBLISH of telemetry, at QoS 1 where it has an identifier.</summary>
    private static byte[] Publish(int bytes, byte id = 0)
    {
        byte[] body = [0, 18, .. "fleet/v1/S1/signal"u8, .. id == 0 ? (byte[])[] : [0, id], .. Encoding.ASCII.GetBytes(new string(' ', bytes))];
        return [(byte)(id == 0 ? 0x30 : 0x32), (byte)(body.Length & 0x7F | 0x80), (byte)(body.Length >> 7 & 0x7F | 0x80), (byte)(body.Length >> 14), .. body];
    }

    /// <summary>Bytes that the kernel holds of a connection, at either end.</summary>
    private static long OnTheirWay(Sender sender) => Rows(sender.Port, sender.LocalPort).Single().Received + Rows(sender.LocalPort, sender.Port).Single().Unsent;

    /// <summary>The sockets between two local ports: <c>/proc/net/tcp</c>, and for dual-mode sockets <c>tcp6</c>.</summary>
    private static IEnumerable<(long Unsent, long Received, (int Kind, int Hundredths) Timer)> Rows(int local, int remote) =>
        from file in (string[])["/proc/net/tcp", "/proc/net/tcp6"]
        from line in File.ReadLines(file).Skip(1)
        let words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        where words[1].EndsWith($":{local:X4}", StringComparison.Ordinal) && words[2].EndsWith($":{remote:X4}", StringComparison.Ordinal)
        let queues = words[4].Split(':')
        let timer = words[5].Split(':')
        select (Hex(queues[0]), Hex(queues[1]), ((int)Hex(timer[0]), (int)Hex(timer[1])));

    private static long Hex(string digits) => long.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private sealed class Sender(Socket socket, int port)
    {
        private ReadOnlyMemory<byte> _rest;

        public Socket Socket => socket;
        public int Port => port;
        public int LocalPort { get; } = ((IPEndPoint)socket.LocalEndPoint!).Port;
        public long Sent { get; private set; }

        /// <summary>Sends what is left of the packet before, then as much of this one as goes; false where nothing of it does.</summary>
        public bool TrySend(byte[] packet)
        {
            if (!TryComplete()) return false;
            _rest = packet;
            TryComplete();
            return _rest.Length < packet.Length;
        }

        public bool TryComplete()
        {
            while (_rest.Length > 0)
            {
                var sent = socket.Send(_rest.Span, SocketFlags.None, out var error);
                if (error == SocketError.WouldBlock) return false;
                Assert.Equal(SocketError.Success, error);
                (_rest, Sent) = (_rest[sent..], Sent + sent);
            }
            return true;
        }

        public async Task<byte[]> ReadAsync(int count)
        {
            var read = new byte[count];
            for (var at = 0; at < count;)
            {
                var more = await socket.ReceiveAsync(read.AsMemory(at), TestContext.Current.CancellationToken);
                Assert.NotEqual(0, more);
                at += more;
            }
            return read;
        }
    }
}
