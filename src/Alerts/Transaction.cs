using System.Data;
using System.Data.Common;
using Dapper;
using Fleet.Store;
using Microsoft.Data.Sqlite;

namespace Fleet.Alerts;

/// <summary>One transaction of the store with the token that stops it. Not committed means rolled back.</summary>
internal sealed class Transaction : IAsyncDisposable
{
    private readonly DbConnection _connection;
    private readonly DbTransaction _transaction;
    private readonly CancellationToken _stop;
    private readonly List<Action> _afterCommit = [];

    private Transaction(DbConnection connection, DbTransaction transaction, CancellationToken stop) =>
        (_connection, _transaction, _stop) = (connection, transaction, stop);

    public static Task<Transaction> BeginAsync(Database database, CancellationToken stop) =>
        BeginAsync(database, connection => connection.BeginTransactionAsync(stop), stop);

    /// <summary>For reading several things as of one moment. On SQLite it waits for no writer, and none waits for it.</summary>
    public static Task<Transaction> BeginReadAsync(Database database, CancellationToken stop) =>
        BeginAsync(database, connection => connection is SqliteConnection sqlite
            ? ValueTask.FromResult<DbTransaction>(sqlite.BeginTransaction(deferred: true))
            : connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, stop), stop);

    private static async Task<Transaction> BeginAsync(Database database, Func<DbConnection, ValueTask<DbTransaction>> begin, CancellationToken stop)
    {
        var connection = await database.OpenAsync(stop);
        try
        {
            return new(connection, await begin(connection), stop);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public Task<int> ExecuteAsync(string sql, object? values = null) =>
        _connection.ExecuteAsync(new CommandDefinition(sql, values, _transaction, cancellationToken: _stop));

    public Task<IEnumerable<T>> QueryAsync<T>(string sql, object? values = null) =>
        _connection.QueryAsync<T>(new CommandDefinition(sql, values, _transaction, cancellationToken: _stop));

    public Task<T?> FirstAsync<T>(string sql, object? values = null) =>
        _connection.QueryFirstOrDefaultAsync<T>(new CommandDefinition(sql, values, _transaction, cancellationToken: _stop));

    /// <summary>Leaves something for after the commit: what is counted there was never rolled back.</summary>
    public void AfterCommit(Action action) => _afterCommit.Add(action);

    public async Task CommitAsync()
    {
        await _transaction.CommitAsync(_stop);
        foreach (var action in _afterCommit) action();
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
