using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Fleet.Grains;
using Fleet.Grains.Faults;
using Fleet.Grains.Neighbours;
using Fleet.Grains.Presence;
using Fleet.Grains.Reports;
using Fleet.Grains.Rules;
using Fleet.Grains.Terminals;
using Fleet.Ingest;
using Fleet.Ingest.Commands;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Journal;
using Fleet.Ingest.Mqtt;
using Fleet.Ingest.Pump;
using Fleet.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using MQTTnet;
using MQTTnet.Formatter;
using Orleans.Runtime.Placement;

namespace Fleet.Ingest_Tests;

/// <summary>
/// Ingest whole, as the composition root wires it: Kestrel on a free port, a silo, SQLite files; history and alerts are
/// the test's. It persists only when it is asked to, or stops.
/// </summary>
public sealed class FleetHost : IAsyncLifetime
{
    private readonly string _folder;
    private readonly bool _ownsFolder;
    private readonly string[] _settings;
    private WebApplication _app = null!;

    public FleetHost() : this(null) { }

    internal FleetHost(string? folder, params string[] settings)
    {
        _ownsFolder = folder is null;
        _folder = folder ?? Directory.CreateTempSubdirectory("fleet-host-").FullName;
        _settings = settings;
    }

    internal FakeHistory History { get; } = new();
    internal FakeFindings Findings { get; } = new();
    internal IServiceProvider Services => _app.Services;
    internal IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();
    internal StateWriter States => Services.GetRequiredService<StateWriter>();
    internal LocalTerminals Local => Services.GetRequiredService<LocalTerminals>();
    internal CredentialStore Credentials => Services.GetRequiredService<CredentialStore>();
    internal ICommands Commands => Services.GetRequiredService<ICommands>();
    internal JournalNode Node => Services.GetRequiredService<JournalNode>();
    internal Checkpoints Checkpoints => Services.GetRequiredService<Checkpoints>();
    internal int Port { get; private set; }

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Journal:Linger"] = "00:00:00", ["Journal:Checkpoint"] = "00:10:00" });
        builder.Configuration.AddCommandLine(_settings);
        // Why the door could not judge somebody is not in its answer.
        builder.Logging.ClearProviders().AddConsole().AddFilter<ConsoleLoggerProvider>(null, LogLevel.None).AddFilter<ConsoleLoggerProvider>("Fleet.Ingest.Credentials", LogLevel.Error);
        var services = builder.Services;
        foreach (var (key, file) in new[] { ("", "fleet.db"), (TerminalStates.DatabaseKey, "terminals.db"), (IngestRoom.JournalDatabase, "journal.db") })
        {
            var database = Database.Sqlite(Path.Combine(_folder, file));
            if (key == "") services.AddSingleton(database);
            else services.AddKeyedSingleton(key, database);
            await database.EnsureAsync(key == "" ? Tables.Registry + IngestRoom.Tables : key == TerminalStates.DatabaseKey ? TerminalStates.Tables : JournalRows.Tables);
        }
        services.AddSingleton<IHostLifetime, Runner>();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<IHistory>(History);
        services.AddSingleton<IFindings>(Findings);
        services.AddSingleton<ITerminalStates, TerminalStates>();
        services.TryAddSingleton<Registry>();
        services.AddSingleton<ITerminalProfiles, RegistryProfiles>();
        services.AddSingleton(FaultLimits.Default);
        services.AddSingleton<StandingRules>();
        services.AddSingleton<StateWriter>();
        services.AddSingleton<Census>();
        services.AddSingleton<LocalTerminals>();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort(), gatewayPort: 0, serviceId: "fleet", clusterId: "fleet");
            silo.Services.AddPlacementDirector<OnKeyedSilo, OnKeyedSiloDirector>();
        });
        services.AddIngest(builder.Configuration);
        services.AddConnections();
        builder.WebHost.UseSockets(TerminalSockets.Configure);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseConnectionHandler<MqttDoor>());
            kestrel.Listen(IPAddress.Loopback, 0);
            if (kestrel.ApplicationServices.GetRequiredService<MqttOptions>().Tls.Port != 0)
            {
                kestrel.Listen(IPAddress.Loopback, 0, listen =>
                {
                    listen.UseGate(kestrel.ApplicationServices.GetRequiredService<Admission>());
                    kestrel.ApplicationServices.GetRequiredService<Tls>().Use(listen);
                    listen.UseConnectionHandler<MqttDoor>();
                });
            }
        });
        _app = builder.Build();
        _app.MapConnectionHandler<MqttDoor>("/mqtt", o => o.WebSockets.SubProtocolSelector = offered => offered.Contains("mqtt") ? "mqtt" : null!);
        await _app.StartAsync();
        var addresses = Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(a => new Uri(a)).ToList();
        (Port, WebPort) = (addresses[0].Port, addresses[1].Port);
        if (addresses.Count > 2) TlsPort = addresses[2].Port;
    }

    /// <summary>A free port too, where <c>Mqtt:Tls:Port</c> is any but 0.</summary>
    internal int TlsPort { get; private set; }

    internal int WebPort { get; private set; }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        if (_ownsFolder) Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Entries in the journal that speak of a terminal, oldest first.</summary>
    internal async Task<List<string>> EntriesAsync(string serial)
    {
        await using var connection = await Services.GetRequiredKeyedService<Database>(IngestRoom.JournalDatabase).OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "select batch from journal order by position";
        await using var reader = await command.ExecuteReaderAsync();
        var entries = new List<string>();
        while (await reader.ReadAsync()) entries.AddRange(Some.Entries((byte[])reader[0]).Where(e => e.Contains($" {serial} ", StringComparison.Ordinal)));
        return entries;
    }

    internal async Task<List<string>> EntriesAsync(string serial, int count)
    {
        for (var patience = new CancellationTokenSource(Some.Patience); ; await Task.Delay(10, patience.Token))
            if (await EntriesAsync(serial) is var entries && entries.Count >= count) return entries;
    }

    internal MqttClientOptionsBuilder Client(string? serial, string? password, MqttProtocolVersion version = MqttProtocolVersion.V500)
    {
        var options = new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", Port).WithProtocolVersion(version).WithClientId(serial ?? Guid.NewGuid().ToString("n"));
        return serial is null ? options : options.WithCredentials(serial, password);
    }

    /// <summary>A terminal with a password of its own, connected.</summary>
    internal async Task<IMqttClient> ConnectAsync(string serial, Action<MqttClientOptionsBuilder>? with = null, MqttProtocolVersion version = MqttProtocolVersion.V500)
    {
        var options = Client(serial, await Credentials.RotateAsync(serial, TimeSpan.FromHours(1)), version);
        with?.Invoke(options);
        var client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(options.Build());
        return client;
    }

    /// <summary>A signal is the test runner's: a host that took it would stop, and its tests would go on and fail for no reason of theirs.</summary>
    private sealed class Runner : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}

/// <summary>A time-series database that can be away, or slow to accept.</summary>
internal sealed class FakeHistory : IHistory
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _room = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _away;

    public List<string> Taken { get; } = [];

    /// <summary>What a row's acceptance waits for.</summary>
    public Task Accepts { get; set; } = Task.CompletedTask;

    public bool Away
    {
        set
        {
            lock (_lock)
            {
                _away = value;
                if (value) _room = new(TaskCreationOptions.RunContinuationsAsynchronously);
                else _room.TrySetResult();
            }
        }
    }

    public bool TryTake(IReadOnlyList<Report> reports, out Task accepted)
    {
        lock (_lock)
        {
            accepted = Accepts;
            if (_away) return false;
            Taken.AddRange(reports.Select(r => $"{r.Serial} {r.Seq}"));
            return true;
        }
    }

    public List<string> Of(string serial)
    {
        lock (_lock) return [.. Taken.Where(t => t.StartsWith(serial + " ", StringComparison.Ordinal))];
    }

    public Task RoomAsync(CancellationToken stop)
    {
        lock (_lock) return _away ? _room.Task.WaitAsync(stop) : Task.CompletedTask;
    }
}

/// <summary>Alerts with a gate before each of its doors.</summary>
internal sealed class FakeFindings : IFindings
{
    public ConcurrentQueue<Finding> Posted { get; } = new();
    public Func<Finding, Task> Post { get; set; } = _ => Task.CompletedTask;
    public Func<Task> Drain { get; set; } = () => Task.CompletedTask;

    public async ValueTask PostAsync(Finding finding, CancellationToken stop = default)
    {
        await Post(finding);
        Posted.Enqueue(finding);
    }

    public Task DrainAsync(CancellationToken stop = default) => Drain();

    public List<string> Of(string serial) => [.. Posted.Where(f => f.Subject == serial).Select(f => $"{f.Fault} {f.Kind}")];
}
