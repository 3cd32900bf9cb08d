using System.Text;
using CsCheck;
using Fleet.Ingest.Journal;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Mqtt;
using Fleet.Ingest.Mqtt.Sessions;
using Fleet.Store;
using Fleet.Tests.Shared;
using Microsoft.Extensions.Time.Testing;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Fleet.Ingest_Tests.Mqtt;

public sealed class ConnectionTests : IAsyncLifetime
{
    private const MqttProtocolVersion V3 = MqttProtocolVersion.V311, V5 = MqttProtocolVersion.V500;

    private readonly SqliteFile _file = new();
    private JournalRows _rows = null!;
    private Ingest.Journal.Journal _journal = null!;
    private Database _credentials = null!;

    public async ValueTask InitializeAsync()
    {
        (_rows, _, var last) = await _file.Database.ClaimAsync();
        _credentials = _file.Database;
        await _credentials.EnsureAsync(Tables.Registry + CredentialStore.Tables);
        await new CredentialStore(_credentials, TimeProvider.System).SetAsync([("T1", "secret")]);
        _journal = Some.Journal(_rows, last, new() { Linger = TimeSpan.Zero, PumpBatches = 1000 });
    }

    public async ValueTask DisposeAsync()
    {
        _journal.Dispose();
        await _rows.DisposeAsync();
        await _file.DisposeAsync();
    }

    [Fact]
    public async Task Any_split_of_the_bytes_gives_the_same_entries_and_the_same_PUBACKs_in_order()
    {
        _journal.Start();
        var after = 0L;
        await Gen.Select(Gen.Int[0, 4].Array[1, 30], Gen.Int[1, 40].Array[1, 30], Gen.Bool).SampleAsync(async (kinds, sizes, v5) =>
        {
            var version = v5 ? V5 : V3;
            List<string> expected = [];
            List<int> acknowledged = [];
            List<byte> stream = [.. Wire.Connect(version)];
            for (var i = 0; i < kinds.Length; i++)
            {
                var id = (ushort)(i + 1);
                var payload = new string('x', kinds[i] * 7) + i;
                if (kinds[i] is 0 or 1 or 4) expected.Add($"Heartbeat T1 {payload}");
                if (kinds[i] is 2) expected.Add("Refused T1 ");
                if (kinds[i] is 1 or 2 or 4) acknowledged.Add(id);
                stream.AddRange(kinds[i] switch
                {
                    0 => Wire.Publish("fleet/v1/T1/heartbeat", payload, 0, version),
                    1 or 4 => Wire.Publish("fleet/v1/T1/heartbeat", payload, id, version),
                    2 => Wire.Publish("fleet/v1/FOREIGN/report", payload, id, version),
                    _ => Wire.Bytes(MqttPingReqPacket.Instance, version),
                });
            }
            var line = new Line(_journal, _credentials, new Chunks(Split([.. stream], sizes), ends: true));
            await line.Connection.RunAsync();
            Assert.Equal(acknowledged, await line.PubAcksAsync(acknowledged.Count));
            await _journal.AppendAsync(EntryKind.Online, 0, Some.Serial("END"), default, default);
            var rows = await _rows.ReadAsync(after, default);
            after = rows[^1].Position;
            Assert.Equal(["Online T1 ", .. expected, "Offline T1 ", "Online END "], rows.SelectMany(r => Some.Entries(r.Batch)));
            Assert.Equal(kinds.Count(k => k == 3), line.Packets(0xD0).Count);
            while (_journal.CommittedBatches.TryRead(out var batch)) _journal.Return(batch);
        }, iter: 60, threads: 1);
    }

    [Fact]
    public async Task Nothing_is_acknowledged_before_the_commit_and_everything_after_it()
    {
        var line = Open(V3, Telemetry(1, 2, 3));
        var serving = line.Connection.RunAsync();
        Assert.Empty(line.PubAcks());
        _journal.Start();
        Assert.Equal([1, 2, 3], await line.PubAcksAsync(3));
        Assert.False(serving.IsCompleted);
    }

    [Fact]
    public async Task A_refused_message_is_not_acknowledged_before_the_ones_that_came_first()
    {
        var line = Open(V5, [.. Telemetry(V5, 1), Wire.Publish("fleet/v1/FOREIGN/report", "{}", 2, V5), .. Telemetry(V5, 3)]);
        var serving = line.Connection.RunAsync();
        await Some.Until(() => line.Packets(0x20).Count == 1, "the CONNACK");
        Assert.Empty(line.PubAcks());
        _journal.Start();
        Assert.Equal([1, 2, 3], await line.PubAcksAsync(3));
        Assert.Contains("foreign-serial", Encoding.UTF8.GetString(line.Received()), StringComparison.Ordinal);
        Assert.False(serving.IsCompleted);
    }

    [Fact]
    public async Task At_the_limit_of_unacknowledged_messages_the_session_is_not_read_and_goes_on_after_the_commit()
    {
        var input = new Chunks([Wire.Connect(V3), [.. Telemetry(1, 2, 3, 4, 5).SelectMany(p => p)]], ends: false);
        var line = new Line(_journal, _credentials, input, new() { MaxUnacknowledged = 3 });
        var serving = line.Connection.RunAsync();
        await Some.Until(() => input.Left == Telemetry(4, 5).Sum(p => p.Length), "three messages taken");
        _journal.Start();
        Assert.Equal([1, 2, 3, 4, 5], await line.PubAcksAsync(5));
        Assert.Equal(0, input.Left);
        Assert.Equal(6, (await _rows.EntriesAsync()).Count);
        Assert.False(serving.IsCompleted);
    }

    [Fact]
    public async Task When_the_journal_is_full_the_session_is_not_read_and_loses_and_doubles_nothing()
    {
        using var small = Some.Journal(_rows, 0, new() { Linger = TimeSpan.Zero, BatchBytes = 64, PumpBatches = 100 });
        var ids = Enumerable.Range(1, 50).Select(i => (ushort)i).ToArray();
        var input = new Chunks([Wire.Connect(V3), [.. Telemetry(ids).SelectMany(p => p)]], ends: false);
        var line = new Line(small, _credentials, input);
        var serving = line.Connection.RunAsync();
        Assert.NotEqual(0, input.Left);
        small.Start();
        Assert.Equal(ids.Select(i => (int)i), await line.PubAcksAsync(50));
        Assert.Equal(["Online T1 ", .. ids.Select(i => $"Heartbeat T1 {i}")], await _rows.EntriesAsync());
        Assert.False(serving.IsCompleted);
    }

    [Fact]
    public async Task A_peer_that_does_not_read_its_PUBACKs_is_not_read_either()
    {
        _journal.Start();
        var ids = Enumerable.Range(1, 60_000).Select(i => (ushort)i).ToArray();
        var chunks = Telemetry(ids).Chunk(500).Select(c => c.SelectMany(p => p).ToArray());
        var input = new Chunks([Wire.Connect(V3), .. chunks, .. chunks], ends: false);
        var line = new Line(_journal, _credentials, input, new() { MaxUnacknowledged = 20_000, MessagesPerSecond = 1_000_000 }, downBytes: 1024);
        var serving = line.Connection.RunAsync();
        // Of 120,000 messages 20,000 wait for the disk, and the PUBACKs of 65,536 fill the 256 KiB that wait for the peer.
        await Drained(input);
        Assert.InRange(input.Left, 1, long.MaxValue);
        Assert.Equal(ids.Concat(ids).Select(i => (int)i), await line.PubAcksAsync(120_000));
        Assert.Equal(0, input.Left);
        Assert.False(serving.IsCompleted);

        async Task Drained(Chunks input)
        {
            for (long before = -1; before != input.Left;)
            {
                before = input.Left;
                await _journal.AppendAsync(EntryKind.Online, 0, Some.Serial("END"), default, default);
                while (_journal.CommittedBatches.TryRead(out var batch)) _journal.Return(batch);
            }
        }
    }

    [Theory]
    [InlineData(V5, true)]
    [InlineData(V3, false)]
    public async Task A_packet_that_is_too_large_ends_the_session_with_95_at_version_5(MqttProtocolVersion version, bool isSaid)
    {
        var line = Open(version, [Wire.Publish("fleet/v1/T1/report", new string('x', 5000), 1, version)], new() { MaxPacketBytes = 4096 });
        await line.Connection.RunAsync().WaitAsync(Some.Patience);
        AssertDisconnect(line, isSaid ? 0x95 : null);
    }

    [Theory]
    [InlineData("32FFFFFFFF", 0x81)] // a Remaining Length of more than four bytes
    [InlineData("3203000561", 0x81)] // a topic that is longer than its packet
    [InlineData("320700016100000078", 0x82)] // packet identifier 0
    [InlineData("360700016100010078", 0x81)] // QoS 3
    public async Task A_malformed_packet_ends_the_session_with_its_reason(string hex, int reason)
    {
        var line = Open(V5, [Convert.FromHexString(hex)]);
        await line.Connection.RunAsync().WaitAsync(Some.Patience);
        AssertDisconnect(line, reason);
    }

    [Fact]
    public async Task No_byte_stream_makes_a_connection_throw() =>
        await Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[1, 20].Array[1, 10], Gen.Bool).SampleAsync(async (bytes, sizes, accepted) =>
        {
            var line = new Line(_journal, _credentials, new Chunks(Split([.. accepted ? Wire.Connect(V5) : [], .. bytes], sizes), ends: true));
            await line.Connection.RunAsync().WaitAsync(Some.Patience);
        }, iter: 2000, threads: 1);

    [Fact]
    public async Task A_terminal_that_sends_faster_than_its_limit_is_read_at_its_limit_whatever_it_sends()
    {
        _journal.Start();
        var time = new FakeTimeProvider();
        var packets = Telemetry([.. Enumerable.Range(1, 15).Select(i => (ushort)i)]).Concat(
            Enumerable.Range(16, 15).Select(i => Wire.Publish("fleet/v1/FOREIGN/report", "{}", (ushort)i, V3)));
        var input = new Chunks([Wire.Connect(V3), .. packets], ends: false);
        var line = new Line(_journal, _credentials, input, new() { MessagesPerSecond = 2 }, time: time); // a burst of 20
        var serving = line.Connection.RunAsync();
        Assert.Equal(20, (await line.PubAcksAsync(20)).Count);
        var start = time.GetUtcNow();
        await Some.Until(() =>
        {
            time.Advance(TimeSpan.FromSeconds(0.1));
            return line.PubAcks().Count == 30;
        }, "the last PUBACK");
        Assert.InRange(time.GetUtcNow() - start, TimeSpan.FromSeconds(5), TimeSpan.MaxValue);
        Assert.False(serving.IsCompleted);
    }

    [Fact]
    public async Task The_filters_of_a_SUBSCRIBE_count_as_messages()
    {
        _journal.Start();
        var time = new FakeTimeProvider();
        var subscribe = new MqttSubscribePacket { PacketIdentifier = 1 };
        for (var i = 0; i < 15; i++) subscribe.TopicFilters.Add(new() { Topic = "fleet/v1/T1/command" });
        var input = new Chunks([Wire.Connect(V3), Wire.Bytes(subscribe, V3), .. Telemetry([.. Enumerable.Range(1, 10).Select(i => (ushort)i)])], ends: false);
        var line = new Line(_journal, _credentials, input, new() { MessagesPerSecond = 2 }, time: time); // a burst of 20
        var serving = line.Connection.RunAsync();
        Assert.Equal([1, 2, 3, 4, 5], await line.PubAcksAsync(5));
        Assert.NotEqual(0, input.Left);
        await Some.Until(() =>
        {
            time.Advance(TimeSpan.FromSeconds(0.1));
            return line.PubAcks().Count == 10;
        }, "the last PUBACK");
        Assert.False(serving.IsCompleted);
    }

    [Fact]
    public async Task While_somebody_watches_telemetry_goes_the_long_way()
    {
        _journal.Start();
        var line = Open(V3, Telemetry(1));
        var everything = new Subscription(new("operator", "", new(), new(long.MaxValue), TimeProvider.System), "#", 0, false, false, 0);
        line.Watchers.Change(null, everything);
        Assert.False(line.Watchers.Watch("T1"u8)); // away, QoS 0: nobody would get it
        everything.Session.Attach(line.Connection);
        Assert.True(line.Watchers.Watch("T1"u8));
        var serving = line.Connection.RunAsync();
        await line.PubAcksAsync(1);
        line.Watchers.Change(everything, null);
        Assert.False(line.Watchers.Watch("T1"u8));
        Assert.False(serving.IsCompleted);
    }

    [Fact]
    public async Task A_filter_that_stands_in_a_SUBSCRIBE_many_times_brings_its_retained_messages_once()
    {
        _journal.Start();
        var online = new MqttPublishPacket { Topic = "fleet/v1/T1/status", Payload = new("online"u8.ToArray()), Retain = true };
        var subscribe = new MqttSubscribePacket { PacketIdentifier = 1 };
        for (var i = 0; i < 50; i++) subscribe.TopicFilters.Add(new() { Topic = "fleet/v1/T1/#" });
        var line = Open(V5, [Wire.Bytes(online, V5), Wire.Bytes(subscribe, V5), .. Telemetry(V5, 1)]);
        var serving = line.Connection.RunAsync();
        await line.PubAcksAsync(1);
        Assert.Single(line.Packets(0x31));
        Assert.Equal(50 + 3, Assert.Single(line.Packets(0x90)).Length); // each is answered
        Assert.False(serving.IsCompleted);
    }

    [Fact]
    public async Task A_session_that_is_not_kept_at_all_is_told_so()
    {
        var connect = new MqttConnectPacket { ClientId = "c", Username = "T1", Password = "secret"u8.ToArray(), SessionExpiryInterval = 600 };
        var line = new Line(_journal, _credentials, new Chunks([Wire.Bytes(connect, V5)], ends: false), new() { MaxSessionExpiry = TimeSpan.Zero });
        var serving = line.Connection.RunAsync();
        await Some.Until(() => line.Packets(0x20).Count == 1, "the CONNACK");
        var body = line.Packets(0x20)[0];
        Assert.Equal(body.Length - 3, body[2]);
        Assert.Equal([0x11, 0, 0, 0, 0], body[3..8]); // Session Expiry Interval, MQTT 5, 3.2.2.3.2
        Assert.False(serving.IsCompleted);
    }

    [Fact]
    public async Task A_card_number_never_takes_the_lane()
    {
        _journal.Start();
        var line = new Line(_journal, _credentials, new Chunks([Wire.Connect(V3), Wire.Publish("fleet/v1/T1/report", """{"note":"4111 1111 1111 1111"}""", 1, V3)], ends: true));
        await line.Connection.RunAsync();
        await _journal.AppendAsync(EntryKind.Online, 0, Some.Serial("END"), default, default);
        Assert.Equal(["Online T1 ", "Refused T1 ", "Offline T1 ", "Online END "], await _rows.EntriesAsync()); // that it came, and nothing of it
    }

    private static byte[][] Telemetry(params ushort[] ids) => Telemetry(V3, ids);

    private static byte[][] Telemetry(MqttProtocolVersion version, params ushort[] ids) => [.. ids.Select(id => Wire.Publish("fleet/v1/T1/heartbeat", $"{id}", id, version))];

    private Line Open(MqttProtocolVersion version, byte[][] packets, MqttOptions? options = null) =>
        new(_journal, _credentials, new Chunks([Wire.Connect(version), .. packets], ends: false), options);

    private static void AssertDisconnect(Line line, int? reason)
    {
        var disconnects = Wire.Packets(line.Received()).Where(p => p.First == 0xE0).ToList();
        if (reason is null) Assert.Empty(disconnects);
        else Assert.Equal([(byte)reason.Value], Assert.Single(disconnects).Body);
    }

    private static IEnumerable<byte[]> Split(byte[] stream, int[] sizes)
    {
        for (int at = 0, i = 0; at < stream.Length; at += sizes[i++ % sizes.Length])
            yield return stream[at..Math.Min(stream.Length, at + sizes[i % sizes.Length])];
    }
}
