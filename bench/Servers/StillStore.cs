using System.Data.Common;
using Fleet.Store;

namespace Fleet.Bench.Servers;

/// <summary>A server's SQLite files stand still: another process is in the middle of a write to each, and does not go on.</summary>
internal sealed class StillStore : IAsyncDisposable
{
    private readonly List<(Database Database, DbConnection Connection)> _held = [];

    public static async Task<StillStore> HoldAsync(IEnumerable<string> files, CancellationToken stop)
    {
        var still = new StillStore();
        foreach (var file in files)
        {
            var database = Database.Sqlite(file);
            var connection = await database.OpenAsync(stop);
            still._held.Add((database, connection));
            await ExecuteAsync(connection, "begin immediate");
        }
        return still;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (database, connection) in _held)
        {
            await ExecuteAsync(connection, "rollback");
            await connection.DisposeAsync();
            await database.DisposeAsync();
        }
    }

    private static async Task ExecuteAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
