using Fleet.Store;
using Fleet.Tests;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace Fleet.Alerts.Tests;

/// <summary>A fresh store for one test.</summary>
public interface IStore : IAsyncDisposable
{
    Database Database { get; }
}

internal sealed class SqliteStore : IStore
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fleet-alerts-");

    public SqliteStore() => Database = Database.Sqlite(Path.Combine(_folder.FullName, "fleet.db"));

    public Database Database { get; }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

internal sealed class PostgresStore(string connectionString) : IStore
{
    public Database Database { get; } = Database.Postgres(connectionString);

    public ValueTask DisposeAsync() => Database.DisposeAsync();
}

/// <summary>Tests that hold on both stores.</summary>
public abstract class OnAStore : IAsyncLifetime
{
    private IStore _store = null!;

    protected Database Database => _store.Database;

    protected abstract Task<IStore> OpenStoreAsync();

    public async ValueTask InitializeAsync() => _store = await OpenStoreAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _store.DisposeAsync();
    }
}
