using Fleet.Ingest;
using Fleet.Ingest.Journal;
using Fleet.Store;

namespace Fleet.Host;

/// <summary>Makes the tables that are missing and reads the registry before any room starts; then follows the registry's changes.</summary>
internal sealed partial class StoreStart(
    Database store, [FromKeyedServices(TerminalStates.DatabaseKey)] Database states,
    [FromKeyedServices(IngestRoom.JournalDatabase)] Database journal, Registry registry, IConfiguration configuration, TimeProvider time, ILogger<StoreStart> logger) : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(5);

    private ITimer? _timer;
    private FileStream? _lock;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!store.IsPostgres) _lock = Lock();
        await store.EnsureAsync(Tables.Registry + IngestRoom.Tables, cancellationToken);
        await states.EnsureAsync(TerminalStates.Tables, cancellationToken);
        await journal.EnsureAsync(JournalRows.Tables, cancellationToken);
        if (store.IsPostgres) await store.EnsureAsync(MembershipTables.Definitions, cancellationToken);
        await registry.ReloadAsync(cancellationToken);
        _timer = time.CreateTimer(_ => _ = Refresh(), null, s_refresh, s_refresh);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_timer is not null) await _timer.DisposeAsync();
        if (_lock is not null) await _lock.DisposeAsync();
    }

    /// <summary>One server a data folder: a second one by mistake would claim the first one's journal and stop it. The kernel lets go of it however this process ends.</summary>
    private FileStream Lock()
    {
        var path = Path.Combine(Settings.DataPath(configuration), "lock");
        try { return new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
        catch (IOException) { throw new SettingsException($"another server works on Data:Path {Path.GetDirectoryName(path)}"); }
    }

    private async Task Refresh()
    {
        try { await registry.ReloadIfChangedAsync(); }
        catch (Exception e) { LogStale(e.Message); }
    }

    [LoggerMessage(5201, LogLevel.Warning, "The registry could not be read; the one in memory stays: {Message}")]
    private partial void LogStale(string message);
}
