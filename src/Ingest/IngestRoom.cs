using Fleet.Grains.Presence;
using Fleet.Ingest.Bridge;
using Fleet.Ingest.Commands;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Journal;
using Fleet.Ingest.Mqtt;
using Fleet.Ingest.Mqtt.Sessions;
using Fleet.Ingest.Pump;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fleet.Ingest;

/// <summary>
/// Ingest: the front door (Mqtt), the bridge to other brokers (Bridge), the write-ahead log (Journal), and the way from
/// there to the terminals and to history (Pump).
/// </summary>
public static class IngestRoom
{
    /// <summary>The room's tables in the store.</summary>
    public const string Tables = CredentialStore.Tables + CommandStore.Tables;

    /// <summary>The database of the journal: apart from the store's where that is SQLite, so that their writers do not wait for each other.</summary>
    public const string JournalDatabase = "journal";

    /// <summary>
    /// Registers the room with its settings <c>Mqtt:*</c>, <c>Bridge:*</c>, <c>Journal:*</c> and <c>Cluster:Node</c>, <c>Cluster:Lease</c>.
    /// Its <c>Database</c>, under the key <see cref="JournalDatabase"/>, comes from the composition root.
    /// </summary>
    public static IServiceCollection AddIngest(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<MqttOptions>(configuration, "Mqtt", isWhole: true);
        services.AddSettings<BridgeOptions>(configuration, "Bridge", isWhole: true);
        services.AddSettings<JournalOptions>(configuration, "Journal", isWhole: true);
        services.AddSettings<NodeOptions>(configuration, "Cluster", isWhole: false);
        services.AddSingleton<CredentialStore>();
        services.AddSingleton<TokenStore>();
        services.AddSingleton<Store.Blocks>();
        services.AddSingleton<Tls>();
        services.AddSingleton<Standings>();
        services.AddSingleton<BlockedAttempts>();
        services.AddSingleton<Turnstile>();
        services.AddSingleton<WrongPasswords>();
        services.AddSingleton<Bursts>();
        services.AddSingleton<Admission>();
        services.AddSingleton<AccessWatch>();
        services.AddSingleton<Checkpoints>();
        services.AddSingleton<DeadJournals>();
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<JournalNode>(s, s.GetRequiredKeyedService<Store.Database>(JournalDatabase)));
        services.AddSingleton<ITicks>(s => s.GetRequiredService<JournalNode>());
        services.AddSingleton<Func<Journal.Journal>>(s => () => s.GetRequiredService<JournalNode>().Journal); // there once the node has started
        services.AddSingleton<TelemetryWatchers>();
        services.AddSingleton<TelemetryLane>();
        services.AddSingleton<Subscriptions>();
        services.AddSingleton(s => new Retained(s.GetRequiredService<MqttOptions>().MaxRetainedBytes, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<SessionTable>();
        services.AddSingleton<Router>();
        services.AddSingleton(s => new MqttDoor(s.GetRequiredService<MqttOptions>(), s.GetRequiredService<Broker>(), s.GetRequiredService<Admission>(), s.GetRequiredService<TelemetryLane>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Broker>();
        services.AddSingleton<CommandStore>();
        services.AddSingleton<CommandDesk>();
        services.AddSingleton<ToolCommands>();
        services.AddSingleton<ICommands>(s => s.GetRequiredService<CommandDesk>());
        services.AddHostedService(s => s.GetRequiredService<JournalNode>());
        services.AddHostedService(s => s.GetRequiredService<Tls>());
        services.AddHostedService(s => s.GetRequiredService<AccessWatch>());
        services.AddHostedService(s => s.GetRequiredService<CommandDesk>());
        services.AddHostedService(s => s.GetRequiredService<Broker>());
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<Bridges>(s, s.GetRequiredKeyedService<Store.Database>(JournalDatabase)));
        services.AddSingleton<Grains.Presence.IListening>(s => s.GetRequiredService<Bridges>());
        services.AddHostedService(s => s.GetRequiredService<Bridges>());
        return services;
    }

    /// <param name="isWhole">Nobody else reads the section, so that a name we do not know is a slip.</param>
    private static void AddSettings<T>(this IServiceCollection services, IConfiguration configuration, string section, bool isWhole) where T : class
    {
        services.AddOptions<T>().Bind(configuration.GetSection(section), b => b.ErrorOnUnknownConfiguration = isWhole).ValidateOnStart();
        services.AddSingleton<IValidateOptions<T>>(new RangeRules<T>(section));
        services.AddSingleton(s => s.GetRequiredService<IOptions<T>>().Value);
    }
}
