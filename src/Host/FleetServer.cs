using System.Text.Json.Serialization;
using Fleet.Alerts;
using Fleet.Alerts.Notify;
using Fleet.Grains;
using Fleet.Grains.Neighbours;
using Fleet.Grains.Rules;
using Fleet.Grains.Terminals;
using Fleet.History;
using Fleet.Host.Api;
using Fleet.Ingest;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Mqtt;
using Fleet.Store;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;

namespace Fleet.Host;

/// <summary>
/// The composition root: the whole server, read top to bottom. Sinks are registered first: hosted services stop in
/// reverse, so the front door closes first and each room drains into one that is still open.
/// </summary>
internal static class FleetServer
{
    public static WebApplication Build(IReadOnlyList<string> arguments)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        Settings.Read(builder.Configuration, arguments);
        if (Settings.ConnectionString(builder.Configuration) is null) InlineSockets.Enable();
        Logs(builder);
        Metrics(builder);
        Store(builder);
        builder.Services.AddHistory(builder.Configuration);
        builder.Services.AddFigures();
        builder.Services.AddSingleton<IChannel, HistoryChannel>();
        builder.Services.AddAlerts(builder.Configuration);
        builder.Services.AddSingleton<ITerminalStates, TerminalStates>();
        builder.Services.AddSingleton<ITerminalProfiles, RegistryProfiles>();
        builder.Services.AddSingleton(Settings.Faults(builder.Configuration));
        builder.Services.AddSingleton<StandingRules>();
        builder.Services.AddHostedService<RuleWatcher>();
        builder.Services.AddSingleton<StateWriter>();
        builder.Services.AddSingleton<LocalTerminals>();
        builder.AddSilo();
        builder.Services.AddHostedService<PresenceWaker>();
        builder.Services.AddHostedService<RuleNews>();
        builder.Services.AddSingleton<IGroups, GroupGrains>();
        builder.Services.AddNeighbours();
        builder.Services.AddIngest(builder.Configuration);
        Web(builder);

        var app = builder.Build();
        app.Services.GetRequiredService<IStartupValidator>().Validate();
        app.StartGauges();
        app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"fleet is up: MQTT on {Mqtt(app)}, HTTP on {string.Join(", ", Settings.HttpEndPoints(app.Configuration))}"));
        app.Use(async (_, next) =>
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // a request may take its time: not on the sockets' threads
            await next();
        });
        app.MapHealth();
        app.MapPrometheusScrapingEndpoint("/metrics");
        app.MapOpenApi();
        app.MapFleetApi();
        app.MapMqttOverWebSocket();
        return app;
    }

    private static void Logs(WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(o => (o.SingleLine, o.TimestampFormat, o.UseUtcTimestamp) = (true, "yyyy-MM-ddTHH:mm:ss.fffZ ", true));
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Orleans", LogLevel.Warning);
        builder.Logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error); // advises server GC, which two cores do not want
        builder.Logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error); // its first check takes the machine's uptime for a stall
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("System", LogLevel.Warning);
        builder.Logging.AddFilter("Polly", LogLevel.Warning);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
    }

    private static void Metrics(WebApplicationBuilder builder)
    {
        builder.Services.AddOpenTelemetry().WithMetrics(metrics =>
        {
            metrics.AddView(View).AddMeter("Fleet.*", "Microsoft.Orleans").AddRuntimeInstrumentation().AddAspNetCoreInstrumentation().AddPrometheusExporter();
            if (builder.Configuration["Otlp:Endpoint"] is { Length: > 0 } endpoint) metrics.AddOtlpExporter(o => o.Endpoint = new(endpoint));
        });
    }

    /// <summary>
    /// OpenTelemetry's own bucket bounds are for milliseconds; our times are in seconds, from a tenth of a millisecond on.
    /// Kestrel's pool of buffers counts each rent and return: several a message, for what nobody has asked. Orleans counts
    /// the calls under way by asking every activation, a million locks a scrape. Room for 2000 combinations of tags is made
    /// for each instrument before there is one, 170 KB; Orleans has a hundred instruments.
    /// </summary>
    private static MetricStreamConfiguration? View(System.Diagnostics.Metrics.Instrument instrument) =>
        instrument.Meter.Name == "Microsoft.AspNetCore.MemoryPool" || instrument.Name == "orleans-messaging-processing-activation-data" ? MetricStreamConfiguration.Drop
        : instrument.Unit == "s" ? new ExplicitBucketHistogramConfiguration { Boundaries = s_seconds, CardinalityLimit = Combinations(instrument) }
        : new() { CardinalityLimit = Combinations(instrument) };

    private static readonly double[] s_seconds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private static int Combinations(System.Diagnostics.Metrics.Instrument instrument) => instrument.Meter.Name == "Microsoft.Orleans" ? 200 : 2000;

    /// <summary>One database for what people work with and the terminals' states, one for the journal: with SQLite two files, each with its own writer.</summary>
    private static void Store(WebApplicationBuilder builder)
    {
        var data = Settings.DataPath(builder.Configuration);
        var postgres = Settings.ConnectionString(builder.Configuration);
        var store = postgres is null ? Database.Sqlite(Path.Combine(data, "fleet.db")) : Database.Postgres(postgres);
        var states = postgres is null ? Database.Sqlite(Path.Combine(data, "terminals.db")) : store;
        var journal = postgres is null ? Database.Sqlite(Path.Combine(data, "journal.db")) : store;
        builder.Services.AddSingleton(store);
        builder.Services.AddKeyedSingleton(TerminalStates.DatabaseKey, states);
        builder.Services.AddKeyedSingleton(IngestRoom.JournalDatabase, journal);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<Registry>();
        builder.Services.AddHostedService<StoreStart>();
    }

    private static void Web(WebApplicationBuilder builder)
    {
        builder.Services.AddConnections(); // MQTT over WebSocket
        builder.Services.AddOpenApi();
        builder.Services.AddProblemDetails();
        builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.Converters.Add(new JsonStringEnumConverter(System.Text.Json.JsonNamingPolicy.CamelCase)));
        builder.WebHost.UseSockets(sockets =>
        {
            TerminalSockets.Configure(sockets);
            sockets.UnsafePreferInlineScheduling = InlineSockets.AreOn;
        });
        builder.WebHost.ConfigureKestrel((_, kestrel) =>
        {
            foreach (var endPoint in Settings.HttpEndPoints(builder.Configuration)) kestrel.Listen(endPoint);
            var mqtt = kestrel.ApplicationServices.GetRequiredService<IOptions<MqttOptions>>().Value;
            var address = System.Net.IPAddress.Parse(mqtt.Address);
            if (mqtt.Port != 0) kestrel.Listen(address, mqtt.Port, listen => listen.UseConnectionHandler<MqttDoor>());
            if (mqtt.Tls.Port == 0) return;
            kestrel.Listen(address, mqtt.Tls.Port, listen =>
            {
                listen.UseGate(kestrel.ApplicationServices.GetRequiredService<Admission>());
                kestrel.ApplicationServices.GetRequiredService<Tls>().Use(listen);
                listen.UseConnectionHandler<MqttDoor>();
            });
        });
    }

    private static string Mqtt(WebApplication app)
    {
        var mqtt = app.Services.GetRequiredService<MqttOptions>();
        string?[] ways = [mqtt.Port == 0 ? null : $"{mqtt.Address}:{mqtt.Port}", mqtt.Tls.Port == 0 ? null : $"{mqtt.Address}:{mqtt.Tls.Port} with TLS", "/mqtt of HTTP"];
        return string.Join(", ", ways.Where(way => way is not null));
    }
}
