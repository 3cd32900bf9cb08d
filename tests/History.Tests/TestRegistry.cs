using Fleet.Store;

namespace Fleet.History.Tests;

/// <summary>A real registry in a store of its own.</summary>
internal sealed class TestRegistry : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-history-").FullName;
    private readonly Database _database;

    private TestRegistry()
    {
        _database = Database.Sqlite(Path.Combine(_folder, "fleet.db"));
        Registry = new Registry(_database);
    }

    public Registry Registry { get; }

    public static async Task<TestRegistry> WithAsync(IEnumerable<RegisteredTerminal> terminals)
    {
        var made = new TestRegistry();
        await made._database.EnsureAsync(Tables.Registry);
        await made.Registry.ImportAsync(terminals);
        return made;
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
