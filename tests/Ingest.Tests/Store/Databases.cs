using Fleet.Store;
using Fleet.Tests;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace Fleet.Ingest_Tests.Store;

/// <summary>Tests of a store: the same on SQLite and, with a server, on PostgreSQL.</summary>
public abstract class StoreTests(PostgresServer? postgres) : IAsyncLifetime
{
    private readonly SqliteFile _file = new();
    private Database? _onServer;

    protected Database Database => _onServer ?? _file.Database;

    public virtual async ValueTask InitializeAsync()
    {
        if (postgres is not null) _onServer = Database.Postgres(await postgres.CreateDatabaseAsync());
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_onServer is not null) await _onServer.DisposeAsync();
        await _file.DisposeAsync();
    }
}
