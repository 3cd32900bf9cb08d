using System.Data.Common;
using Dapper;
using Fleet.Ingest.Journal;
using Fleet.Store;
using Fleet.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Fleet.Ingest_Tests.Journal;

/// <summary>The journal on a disk that is full, that stands still, and that gives back something else than was written.</summary>
public sealed class StressTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-stress-").FullName;
    private readonly List<Database> _databases = [];

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases) await database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task On_a_full_disk_nothing_is_acknowledged_or_lost_and_it_goes_on_when_there_is_room()
    {
        using var disk = SmallDisk.Mount(mebibytes: 8);
        var database = Open(Path.Combine(disk.Folder, "journal.db"));
        var (rows, _, _) = await database.ClaimAsync();
        await using var _ = rows;
        using var journal = Some.Journal(rows, 0, new() { Linger = TimeSpan.Zero, SpareBytes = 0, PumpBatches = 1000 });
        journal.Start();
        await AppendAsync(journal, 1, 10);
        disk.FillBut(200 * 1024);
        var acknowledged = 10;
        Task stuck;
        while (true)
        {
            stuck = AppendAsync(journal, acknowledged + 1, acknowledged + 1);
            await Some.Until(() => stuck.IsCompleted || journal.Trouble is not null, "an answer of the disk");
            if (!stuck.IsCompleted) break;
            acknowledged++;
        }
        Assert.Contains("full", journal.Trouble, StringComparison.Ordinal);
        Assert.Equal(acknowledged, (await AllEntriesAsync(rows)).Count); // what was acknowledged can be read meanwhile
        disk.MakeRoom();
        await stuck.WaitAsync(Some.Patience);
        Assert.Null(journal.Trouble);
        Assert.Equal(Enumerable.Range(1, acknowledged + 1).Select(Entry), await AllEntriesAsync(rows));
    }

    [Fact]
    public async Task A_disk_that_is_nearly_full_is_left_to_states_and_marks()
    {
        using var disk = SmallDisk.Mount(mebibytes: 16);
        var database = Open(Path.Combine(disk.Folder, "journal.db"));
        var (rows, _, _) = await database.ClaimAsync();
        await using var _ = rows;
        var options = new JournalOptions { Linger = TimeSpan.Zero, SpareBytes = 4 * 1024 * 1024, PumpBatches = 1000 };
        using var journal = Some.Journal(rows, 0, options);
        journal.Start();
        await AppendAsync(journal, 1, 60); // about 6 MiB: the journal itself is what fills the disk
        disk.FillBut(3 * 1024 * 1024);
        var stuck = AppendAsync(journal, 61, 61);
        await Some.Until(() => journal.Trouble?.Contains("Journal:SpareBytes", StringComparison.Ordinal) == true, "the word that the disk is nearly full");
        Assert.False(stuck.IsCompleted);
        await rows.MarkAsync(new(60, 60), default); // makes room inside the file, which the disk does not see
        await stuck.WaitAsync(Some.Patience);
        Assert.Null(journal.Trouble);
        Assert.Equal([Entry(61)], await AllEntriesAsync(rows));
    }

    [Fact]
    public async Task While_the_disk_stands_still_the_buffer_fills_nobody_is_acknowledged_and_it_says_so()
    {
        var database = Open("slow.db");
        var (rows, _, _) = await database.ClaimAsync();
        await using var _ = rows;
        var time = new FakeTimeProvider();
        using var journal = new Ingest.Journal.Journal(rows, 0, new() { BatchBytes = 1000, Linger = TimeSpan.Zero }, time, NullLogger<Ingest.Journal.Journal>.Instance);
        await using (var holder = await database.OpenAsync())
        {
            await holder.ExecuteAsync("begin immediate"); // as a commit that does not come back from the disk
            journal.Start();
            var first = AppendAsync(journal, 1, 1);
            await Some.Until(() => journal.TryAppend("T1", Some.Report(2)), "the first one on its way");
            while (journal.TryAppend("T1", Some.Report(3))) { }
            Assert.False(first.IsCompleted);
            Assert.Null(journal.Trouble); // slow is no trouble yet
            time.Advance(TimeSpan.FromSeconds(6));
            Assert.Contains("for 6 s", journal.Trouble, StringComparison.Ordinal);
            await holder.ExecuteAsync("commit");
            await first.WaitAsync(Some.Patience);
        }
        await journal.AppendAsync(EntryKind.Online, 0, Some.Serial(), default, default).WaitAsync(Some.Patience);
        Assert.Null(journal.Trouble);
    }

    [Theory]
    [InlineData("torn in its last page")]
    [InlineData("ending in the middle of a row")]
    [InlineData("followed by garbage")]
    public async Task A_write_ahead_log_that_is_torn_gives_every_row_that_was_acknowledged(string how)
    {
        var crashed = await CrashAsync(rows: 20);
        using (var log = new FileStream(crashed + "-wal", FileMode.Open))
        {
            // Of a commit that never came back: a part of its pages, in one of the states that a power cut leaves.
            var garbage = new byte[30_000];
            Random.Shared.NextBytes(garbage);
            var frame = new byte[Database.PageBytes + 24]; // sqlite.org/fileformat2.html#walformat
            log.Position = 32;
            log.ReadExactly(frame);
            log.Seek(0, SeekOrigin.End);
            if (how.StartsWith("torn", StringComparison.Ordinal)) log.Write([.. frame[..2000], .. new byte[frame.Length - 2000]]);
            else if (how.StartsWith("ending", StringComparison.Ordinal)) log.Write(frame.AsSpan(0, 1500));
            else log.Write(garbage);
        }
        var (rows, _, last) = await Open(crashed).ClaimAsync();
        await using var _ = rows;
        Assert.Equal(20, last);
        Assert.Equal(Enumerable.Range(1, 20).Select(Entry), await AllEntriesAsync(rows));
    }

    [Fact]
    public async Task What_the_disk_lost_of_the_log_is_known_from_the_note_beside_it()
    {
        var crashed = await CrashAsync(rows: 20);
        new JournalNote(Open(crashed), "local").Write(20);
        using (var log = new FileStream(crashed + "-wal", FileMode.Open)) log.SetLength(log.Length / 2);
        var database = Open(crashed);
        var (rows, _, last) = await database.ClaimAsync();
        await using var _ = rows;
        Assert.InRange(last, 1, 19);
        Assert.Equal(20, new JournalNote(database, "local").Read());
        Assert.Equal(0, new JournalNote(database, "another").Read());
        Assert.Equal(Enumerable.Range(1, (int)last).Select(Entry), await AllEntriesAsync(rows)); // all before it is whole
    }

    [Fact]
    public async Task Where_pages_cannot_be_read_the_other_rows_can()
    {
        var database = Open("pages.db");
        var (rows, _, _) = await database.ClaimAsync();
        await using (rows)
        {
            for (var position = 1; position <= 40; position++) rows.Insert(position, Row(position), Row(position).Length);
            await using var connection = await database.OpenAsync();
            await connection.ExecuteAsync("pragma wal_checkpoint(truncate)");
        }
        await database.DisposeAsync();
        var file = Path.Combine(_folder, "pages.db");
        using (var pages = new FileStream(file, FileMode.Open))
        {
            pages.Position = pages.Length / 2 / Database.PageBytes * Database.PageBytes;
            pages.Write(Enumerable.Repeat((byte)0xFF, Database.PageBytes).ToArray());
        }
        var (again, _, last) = await Open("pages.db").ClaimAsync();
        await using var _ = again;
        Assert.Equal(40, last);
        var read = new List<StoredRow>();
        for (var after = 0L; await again.ReadAsync(after, default) is { Count: > 0 } some; after = some[^1].Position) read.AddRange(some);
        Assert.Equal(Enumerable.Range(1, 40).Select(n => (long)n), read.Select(r => r.Position));
        var damaged = read.Where(r => r.Unreadable is not null || !Seal.TryOpen(r.Batch, out var _)).ToList();
        Assert.InRange(damaged.Count, 1, 5);
        foreach (var row in read.Except(damaged)) Assert.Equal(Row((int)row.Position), row.Batch);
    }

    [Fact]
    public async Task Sessions_that_come_and_go_while_the_store_is_away_leave_one_fact_a_terminal()
    {
        var (rows, _, _) = await Open("facts.db").ClaimAsync();
        await using var _ = rows;
        using var journal = Some.Journal(rows, 0, new() { BatchBytes = 40, Linger = TimeSpan.Zero, PumpBatches = 1000 });
        using var stop = new CancellationTokenSource();
        var facts = new PresenceFacts(journal, TimeProvider.System, NullLogger.Instance, stop.Token);
        while (journal.TryAppend("T0", Some.Report(1))) { } // full, and nobody commits
        for (var i = 0; i < 10_000; i++) facts.Tell(i % 3 == 0 ? EntryKind.Online : EntryKind.Offline, $"T{i % 100}", session: 0);
        Assert.Equal(100, facts.Waiting);
        journal.Start();
        await Some.Until(() => facts.Waiting == 0, "the facts' way into the journal");
        await journal.AppendAsync(EntryKind.Report, 0, Some.Serial("T0"), Some.Report(2), default);
        var told = (await AllEntriesAsync(rows)).Where(e => !e.StartsWith("Report", StringComparison.Ordinal)).Order();
        Assert.Equal(Enumerable.Range(9_900, 100).Select(i => $"{(i % 3 == 0 ? "Online" : "Offline")} T{i % 100} ").Order(), told);
    }

    [Fact]
    public async Task What_is_kept_is_counted_without_reading_it_again_and_rightly_after_a_failure()
    {
        var (rows, _, _) = await Open("sums.db").ClaimAsync();
        await using var _ = rows;
        for (var position = 1; position <= 10; position++) rows.Insert(position, new byte[10], 10);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rows.MarkAsync(new(3, 3), cancelled.Token));
        Assert.Equal((10, 100), rows.Kept);
        await rows.MarkAsync(new(3, 3), default);
        Assert.Equal((7, 70), rows.Kept);
    }

    [Fact]
    public async Task A_machine_that_was_renamed_works_off_the_journal_of_its_old_name()
    {
        var database = Open("journal.db");
        var (rows, _, _) = await database.ClaimAsync("old-name");
        await using (rows) rows.Insert(1, Row(1, Some.Report(7)), Row(1, Some.Report(7)).Length);
        await using var fleet = new FleetHost(_folder, "--Cluster:Node=new-name");
        await fleet.InitializeAsync();
        await using var connection = await database.OpenAsync();
        while (await connection.ExecuteScalarAsync<long>("select count(*) from journal_lease where node = 'old-name'") > 0) await Task.Delay(20);
        Assert.Equal(7, (await fleet.Grains.GetGrain<Grains.Terminals.ITerminalGrain>("T1").View())!.SeqSum);
    }

    private Database Open(string file)
    {
        var database = Database.Sqlite(Path.Combine(_folder, file));
        _databases.Add(database);
        return database;
    }

    /// <summary>The files that a process leaves which is killed after so many commits; the database's path.</summary>
    private async Task<string> CrashAsync(int rows)
    {
        var (writer, _, _) = await Open("whole.db").ClaimAsync();
        for (var position = 1; position <= rows; position++) writer.Insert(position, Row(position), Row(position).Length);
        var crashed = Path.Combine(_folder, "crashed.db");
        foreach (var suffix in (string[])["", "-wal"]) File.Copy(Path.Combine(_folder, "whole.db" + suffix), crashed + suffix);
        await writer.DisposeAsync();
        return crashed;
    }

    private static byte[] Row(int number, byte[]? payload = null)
    {
        var batch = new Batch(64);
        batch.Begin(number);
        batch.Add(new(EntryKind.Report, 1_790_000_000_000, Some.Serial(), payload ?? Payload(number)), null);
        var row = batch.Bytes[..batch.RowLength];
        Seal.Write(row, batch.Length);
        return row;
    }

    private static string Entry(int number) => $"Report T1 {System.Text.Encoding.ASCII.GetString(Payload(number))}";

    /// <summary>100,000 bytes: a row of many pages.</summary>
    private static byte[] Payload(int number) => System.Text.Encoding.ASCII.GetBytes(number.ToString(System.Globalization.CultureInfo.InvariantCulture).PadLeft(100_000, '0'));

    private static async Task AppendAsync(Ingest.Journal.Journal journal, int from, int to)
    {
        for (var i = from; i <= to; i++) await journal.AppendAsync(EntryKind.Report, 0, Some.Serial(), Payload(i), default);
    }

    private static async Task<List<string>> AllEntriesAsync(JournalRows rows)
    {
        var entries = new List<string>();
        for (var after = 0L; await rows.ReadAsync(after, default) is { Count: > 0 } some; after = some[^1].Position)
            entries.AddRange(some.SelectMany(row => Some.Entries(row.Batch)));
        return entries;
    }
}
