using System.Text;
using Fleet.Ingest.Commands;
using Fleet.Ingest.Journal;
using Fleet.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Ingest_Tests;

/// <summary>Things that are valid by default.</summary>
internal static class Some
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static JournalOptions Options => new() { Linger = TimeSpan.Zero, Checkpoint = TimeSpan.FromMinutes(10) };

    public static byte[] Serial(string serial = "T1") => Encoding.ASCII.GetBytes(serial);

    public static byte[] Report(long seq) => Encoding.ASCII.GetBytes($$"""{"seq":{{seq}}}""");

    public static bool TryAppend(this Ingest.Journal.Journal journal, string serial, byte[] payload, CommitListener? listener = null, EntryKind kind = EntryKind.Report) =>
        journal.TryAppend(new(kind, Now, Serial(serial), payload), listener, out _);

    public static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    public static Ingest.Journal.Journal Journal(JournalRows rows, long last, JournalOptions? options = null) =>
        new(rows, last, options ?? Options, TimeProvider.System, NullLogger<Ingest.Journal.Journal>.Instance);

    public static async Task<(JournalRows Rows, Marks Marks, long Last)> ClaimAsync(this Database database, string node = "local", string owner = "me") =>
        await JournalClaims.ClaimAsync(database, node, owner, default);

    /// <summary>Every entry of a row as text: kind, serial, payload.</summary>
    public static List<string> Entries(ReadOnlySpan<byte> row)
    {
        var entries = new List<string>();
        Assert.True(Seal.TryOpen(row, out var batch));
        while (Entry.TryRead(ref batch, out var entry))
            entries.Add($"{entry.Kind} {Encoding.ASCII.GetString(entry.Serial)} {(entry.Kind >= EntryKind.Online ? "" : Encoding.UTF8.GetString(entry.Payload))}");
        return entries;
    }

    public static async Task<List<string>> EntriesAsync(this JournalRows rows, long after = 0) =>
        [.. (await rows.ReadAsync(after, default)).SelectMany(r => Entries(r.Batch))];

    /// <summary>A terminal's command, once it has come to a state.</summary>
    public static async Task<TerminalCommand> BecomesAsync(this ICommands commands, string serial, string id, CommandState state)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            if (await commands.FindAsync(serial, id, patience.Token) is { } command && command.State == state) return command;
            await Task.Delay(10, patience.Token);
        }
    }

    /// <summary>Waits for what another thread brings about.</summary>
    public static async Task Until(Func<bool> condition, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            if (patience.IsCancellationRequested) Assert.Fail($"{what} did not come about");
            await Task.Delay(5);
        }
    }
}

/// <summary>A folder with one SQLite database, for one test.</summary>
internal sealed class SqliteFile : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-ingest-").FullName;

    public SqliteFile() => Database = Database.Sqlite(Path.Combine(_folder, "test.db"));

    public Database Database { get; }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
