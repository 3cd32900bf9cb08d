using System.Text.Json;
using Dapper;
using Fleet.Grains.Terminals;

namespace Fleet.Store;

/// <summary>
/// Loads states for activations that come in crowds (a restart, a silo's death): whoever asks while a query is under
/// way is served together by the next one.
/// </summary>
internal sealed class StateLoader(Database database)
{
    private const int MostTogether = 1000;

    private readonly Lock _lock = new();
    private Dictionary<string, TaskCompletionSource<StoredState?>> _waiting = [];
    private bool _loading;

    public Task<StoredState?> LoadAsync(string serial)
    {
        TaskCompletionSource<StoredState?>? asked;
        lock (_lock)
        {
            if (!_waiting.TryGetValue(serial, out asked))
                _waiting[serial] = asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_loading) return asked.Task;
            _loading = true;
        }
        _ = Task.Run(LoadWaiting);
        return asked.Task;
    }

    private async Task LoadWaiting()
    {
        while (true)
        {
            Dictionary<string, TaskCompletionSource<StoredState?>> waiting;
            lock (_lock)
            {
                if (_waiting.Count == 0) { _loading = false; return; }
                (waiting, _waiting) = (_waiting, []);
            }
            foreach (var together in waiting.Chunk(MostTogether)) await Load(together.ToDictionary());
        }
    }

    private async Task Load(Dictionary<string, TaskCompletionSource<StoredState?>> asked)
    {
        try
        {
            await using var connection = await database.OpenAsync();
            var rows = database.IsPostgres
                ? await connection.QueryAsync<(string Serial, byte[] State, long Version, long Place)>(
                    "select serial, state, version, 0::bigint from terminal_state where serial = any(@serials)", new { serials = asked.Keys.ToArray() })
                : await connection.QueryAsync<(string Serial, byte[] State, long Version, long Place)>(
                    "select serial, state, version, rowid from terminal_state where serial in (select value from json_each(@serials))",
                    new { serials = JsonSerializer.Serialize(asked.Keys) });
            foreach (var (serial, state, version, place) in rows)
                if (asked.Remove(serial, out var found)) found.SetResult(new(state, version, place));
            foreach (var nothing in asked.Values) nothing.SetResult(null);
        }
        catch (Exception e)
        {
            foreach (var failed in asked.Values) failed.TrySetException(e);
        }
    }
}
