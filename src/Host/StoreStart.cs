using Fleet.Ingest;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Journal;
using Fleet.Store;

namespace Fleet.Host;

/// <summary>Makes the tables that are missing and reads the registry, before any room starts.</summary>
internal sealed class StoreStart(
    Database store, [FromKeyedServices(TerminalStates.DatabaseKey)] Database states,
    [FromKeyedServices(IngestRoom.JournalDatabase)] Database journal, Registry registry) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await store.EnsureAsync(Tables.Registry + CredentialStore.Tables, cancellationToken);
        await states.EnsureAsync(TerminalStates.Tables, cancellationToken);
        await journal.EnsureAsync(JournalRows.Tables, cancellationToken);
        await registry.ReloadAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
