using Fleet.Grains.Presence;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Journal;
using Fleet.Ingest.Mqtt;
using Fleet.Ingest.Pump;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Ingest;

/// <summary>
/// Ingest: the front door (Mqtt), the write-ahead log (Journal), and the way from there to the terminals and to
/// history (Pump).
/// </summary>
public static class IngestRoom
{
    /// <summary>The database of the journal: apart from the store's where that is SQLite, so that their writers do not wait for each other.</summary>
    public const string JournalDatabase = "journal";

    /// <summary>Registers the room. Its options and <c>Database</c> under the key <see cref="JournalDatabase"/> come from the composition root.</summary>
    public static IServiceCollection AddIngest(this IServiceCollection services)
    {
        services.AddSingleton<CredentialStore>();
        services.AddSingleton<Checkpoints>();
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<JournalNode>(s, s.GetRequiredKeyedService<Store.Database>(JournalDatabase)));
        services.AddSingleton<ISilences>(s => s.GetRequiredService<JournalNode>());
        services.AddSingleton<TelemetryWatchers>();
        services.AddSingleton(s => new TelemetryLane(() => s.GetRequiredService<JournalNode>().Journal, s.GetRequiredService<TelemetryWatchers>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new MqttDoor(s.GetRequiredService<MqttOptions>(), s.GetRequiredService<TelemetryLane>(), s.GetRequiredService<Microsoft.Extensions.Logging.ILogger<MqttDoor>>()));
        services.AddSingleton<Broker>();
        services.AddSingleton<ICommands>(s => s.GetRequiredService<Broker>());
        services.AddHostedService(s => s.GetRequiredService<JournalNode>());
        services.AddHostedService(s => s.GetRequiredService<Broker>());
        return services;
    }
}
