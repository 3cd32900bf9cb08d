using Fleet.Ingest;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Journal;
using Fleet.Store;

namespace Fleet.Host;

/// <summary>Makes the tables that are missing and reads the registry before any room starts; then follows the registry's changes.</summary>
internal sealed partial class StoreStart(
    Database store, [FromKeyedServices(TerminalStates.DatabaseKey)] Database states,
    [FromKeyedServices(IngestRoom.JournalDatabase)] Database journal, Registry registry, TimeProvider time, ILogger<StoreStart> logger) : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(5);

    private ITimer? _timer;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await store.EnsureAsync(Tables.Registry + CredentialStore.Tables, cancellationToken);
        await states.EnsureAsync(TerminalStates.Tables, cancellationToken);
        await journal.EnsureAsync(JournalRows.Tables, cancellationToken);
        if (store.IsPostgres) await store.EnsureAsync(MembershipTables.Definitions, cancellationToken);
        await registry.ReloadAsync(cancellationToken);
        _timer = time.CreateTimer(_ => _ = Refresh(), null, s_refresh, s_refresh);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => _timer?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task Refresh()
    {
        try { await registry.ReloadIfChangedAsync(); }
        catch (Exception e) { LogStale(e.Message); }
    }

    [LoggerMessage(5201, LogLevel.Warning, "The registry could not be read; the one in memory stays: {Message}")]
    private partial void LogStale(string message);
}
