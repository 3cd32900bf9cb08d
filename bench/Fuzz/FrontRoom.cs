using System.IO.Pipelines;
using System.Net;
using Fleet.Bench.Load;
using Fleet.Grains;
using Fleet.Ingest;
using Fleet.Ingest.Bridge;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Journal;
using Fleet.Ingest.Mqtt;
using Fleet.Ingest.Mqtt.Sessions;
using Fleet.Store;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Bench.Fuzz;

/// <summary>The server's MQTT door in this process, with its sessions, subscriptions, retained messages, credentials and journal behind it; nobody applies what the journal takes.</summary>
internal sealed class FrontRoom : IAsyncDisposable
{
    /// <summary>Little is kept, so that what grows is a leak: sessions for a second, retained messages in a megabyte. Nobody is slowed.</summary>
    private static readonly Dictionary<string, string?> s_settings = new()
    {
        ["Mqtt:AllowAnonymous"] = "true", ["Mqtt:MessagesPerSecond"] = "1000000", ["Mqtt:ConnectsPerSecondPerAddress"] = "0", ["Mqtt:ConnectsPerMinutePerSerial"] = "0",
        ["Mqtt:MaxSessionExpiry"] = "00:00:01", ["Mqtt:MaxRetainedBytes"] = "1048576",
    };

    private static readonly IPEndPoint s_peer = new(IPAddress.Loopback, 1);
    private readonly string _folder;
    private readonly JournalRows _rows;
    private readonly Journal _journal;
    private readonly ServiceProvider _room;
    private readonly Task _emptying;

    private FrontRoom(string folder, Database store, Database journals, JournalRows rows, long last, TimeProvider clock)
    {
        (_folder, _rows, _journal) = (folder, rows, new(rows, last, new(), clock, NullLogger<Journal>.Instance));
        _room = new ServiceCollection().AddLogging().AddSingleton(clock).AddSingleton(store)
            .AddIngest(new ConfigurationBuilder().AddInMemoryCollection(s_settings).Build())
            .AddSingleton(() => _journal)
            .AddSingleton(s => new Bridges(new(), s.GetRequiredService<MqttOptions>(), new(), null!, journals, clock, NullLogger<Bridges>.Instance)) // never started
            .AddSingleton<IFindings, NoFindings>()
            .AddSingleton<IHostApplicationLifetime, ApplicationLifetime>()
            .BuildServiceProvider();
        _journal.Start();
        _emptying = EmptyAsync();
    }

    public static async Task<FrontRoom> OpenAsync(IEnumerable<int> terminals, TimeProvider clock)
    {
        var folder = Directory.CreateTempSubdirectory("fleet-bench-").FullName;
        var (store, journals) = (Database.Sqlite(Path.Combine(folder, "fleet.db")), Database.Sqlite(Path.Combine(folder, "journal.db")));
        await store.EnsureAsync(Store.Tables.Registry + IngestRoom.Tables);
        await new CredentialStore(store, clock).SetAsync(terminals.Select(t => (ReportPacket.Serial(t), Passwords.Of(t))));
        var (rows, _, last) = await JournalClaims.ClaimAsync(journals, "bench", "bench", default);
        var room = new FrontRoom(folder, store, journals, rows, last, clock);
        await room._room.GetRequiredService<Broker>().StartAsync(default);
        return room;
    }

    /// <summary>Sessions, connected or kept.</summary>
    public int Sessions => _room.GetRequiredService<SessionTable>().Count;

    /// <summary>Serves a connection over pipes in memory to its end.</summary>
    public Task ServeAsync(PipeReader input, PipeWriter output) => _room.GetRequiredService<MqttDoor>().OnConnectedAsync(
        new DefaultConnectionContext { Transport = new Duplex(input, output), RemoteEndPoint = s_peer, ConnectionClosed = new(canceled: true) });

    /// <summary>Bytes in use once everything that may be let go of has been.</summary>
    public long HeapBytes()
    {
        _room.GetRequiredService<Standings>().Forget(null);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    public async ValueTask DisposeAsync()
    {
        await _room.GetRequiredService<Broker>().StopAsync(default);
        _journal.Dispose();
        await _emptying;
        await _room.DisposeAsync();
        await _rows.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>In the pump's place.</summary>
    private async Task EmptyAsync()
    {
        await foreach (var batch in _journal.CommittedBatches.ReadAllAsync())
        {
            var position = batch.Position;
            _journal.Return(batch);
            if (position % 1000 == 0) await _rows.MarkAsync(new(position, position), default);
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class NoFindings : IFindings
    {
        public ValueTask PostAsync(Finding finding, CancellationToken stop = default) => ValueTask.CompletedTask;

        public Task DrainAsync(CancellationToken stop = default) => Task.CompletedTask;
    }
}
