using System.Text;
using CsCheck;
using Fleet.Ingest.Journal;

namespace Fleet.Ingest_Tests.Journal;

public sealed class JournalTests : IAsyncLifetime
{
    private readonly SqliteFile _file = new();
    private JournalRows _rows = null!;

    public async ValueTask InitializeAsync() => (_rows, _, _) = await _file.Database.ClaimAsync();

    public async ValueTask DisposeAsync()
    {
        await _rows.DisposeAsync();
        await _file.DisposeAsync();
    }

    private static readonly Gen<(EntryKind Kind, long At, byte[] Serial, byte[] Payload)> Entries =
        Gen.Select(Gen.Enum<EntryKind>(), Gen.Long, Gen.Byte[33, 126].Array[1, Entry.MaxSerialBytes], Gen.Byte.Array[0, 200]);

    [Fact]
    public void Entries_that_are_written_are_read_back_in_their_order() => Entries.Array[0, 20].Sample(entries =>
    {
        var batch = new Batch(16);
        batch.Begin(1);
        foreach (var (kind, at, serial, payload) in entries) batch.Add(new(kind, at, serial, payload), null);
        var from = batch.Content;
        foreach (var (kind, at, serial, payload) in entries)
        {
            Assert.True(Entry.TryRead(ref from, out var read));
            Assert.Equal((kind, at), (read.Kind, read.ReceivedAtMs));
            Assert.Equal(serial, read.Serial.ToArray());
            Assert.Equal(payload, read.Payload.ToArray());
        }
        Assert.False(Entry.TryRead(ref from, out _));
    });

    [Fact]
    public void A_torn_batch_says_so_and_throws_nothing_else() => Gen.OneOf(Gen.Byte.Array[0, 60], Gen.Select(Gen.Byte[0, 40], Gen.Byte.Array[5, 60]).Select((length, rest) => (byte[])[length, 0, 0, 0, .. rest])).Sample(bytes =>
    {
        ReadOnlySpan<byte> from = bytes;
        try { while (Entry.TryRead(ref from, out _)) { } }
        catch (InvalidDataException) { }
    });

    [Fact]
    public async Task What_waits_together_is_committed_as_one_row_and_everybody_is_told_once()
    {
        using var journal = Some.Journal(_rows, 0);
        Listener[] sessions = [new(), new()];
        for (var i = 0; i < 100; i++) Assert.True(journal.TryAppend($"T{i % 2}", Some.Report(i), sessions[i % 2]));
        journal.Start();
        Assert.Equal(1, await sessions[0].Told.Task.WaitAsync(Some.Patience));
        Assert.Equal(1, await sessions[1].Told.Task.WaitAsync(Some.Patience));
        Assert.Single(await _rows.ReadAsync(0, default));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $$"""Report T{{i % 2}} {"seq":{{i}}}"""), await _rows.EntriesAsync());
    }

    [Fact]
    public async Task A_listener_that_throws_costs_the_others_nothing()
    {
        using var journal = Some.Journal(_rows, 0);
        var lost = false;
        journal.Lost += _ => lost = true;
        Listener broken = new() { Throws = true }, sound = new();
        journal.TryAppend("T1", Some.Report(1), broken);
        journal.TryAppend("T2", Some.Report(1), sound);
        journal.Start();
        await sound.Told.Task.WaitAsync(Some.Patience);
        await journal.AppendAsync(EntryKind.Online, 0, Some.Serial(), default, default).WaitAsync(Some.Patience);
        Assert.False(lost);
    }

    [Fact]
    public async Task After_a_kill_exactly_the_committed_rows_are_there()
    {
        var journal = Some.Journal(_rows, 0);
        journal.Start();
        for (var i = 0; i < 5; i++) await journal.AppendAsync(EntryKind.Report, 0, Some.Serial(), Some.Report(i), default);
        _rows.Insert(99, [], 0); // the store goes on; only the process ends: what it had not committed is gone with it
        journal.Dispose();
        var (again, _, last) = await _file.Database.ClaimAsync();
        await using var rows = again;
        Assert.Equal(99, last);
        Assert.Equal(Enumerable.Range(0, 5).Select(i => $$"""Report T1 {"seq":{{i}}}"""), await rows.EntriesAsync());
    }

    [Fact]
    public async Task Closing_commits_what_is_there_and_refuses_what_comes_later()
    {
        using var journal = Some.Journal(_rows, 0);
        var session = new Listener();
        journal.TryAppend("T1", Some.Report(1), session);
        journal.Start();
        journal.Close();
        Assert.True(session.Told.Task.IsCompletedSuccessfully);
        Assert.False(journal.TryAppend("T1", Some.Report(2)));
        Assert.Single(await _rows.EntriesAsync());
        var committed = new List<long>();
        await foreach (var batch in journal.CommittedBatches.ReadAllAsync()) committed.Add(batch.Position);
        Assert.Equal([1], committed);
    }

    [Fact]
    public async Task Under_an_old_epoch_nothing_is_acknowledged_and_the_journal_is_lost()
    {
        using var journal = Some.Journal(_rows, 0);
        var lost = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        journal.Lost += e => lost.TrySetResult(e);
        var (successor, _, _) = await _file.Database.ClaimAsync(owner: "another");
        await using var _ = successor;
        var session = new Listener();
        journal.TryAppend("T1", Some.Report(1), session);
        journal.Start();
        Assert.IsType<FencedException>(await lost.Task.WaitAsync(Some.Patience));
        Assert.False(session.Told.Task.IsCompleted);
        Assert.False(journal.TryAppend("T1", Some.Report(2)));
        Assert.Empty(await successor.EntriesAsync());
        await Assert.ThrowsAsync<FencedException>(() => _rows.MarkAsync(new(1, 1), default));
    }

    [Fact]
    public async Task A_full_buffer_refuses_and_room_comes_with_the_commit()
    {
        using var journal = Some.Journal(_rows, 0, new() { BatchBytes = 40, Linger = TimeSpan.Zero });
        Assert.True(journal.TryAppend("T1", Some.Report(1)));
        Assert.True(journal.TryAppend("T1", Some.Report(2)));
        Assert.False(journal.TryAppend("T1", Some.Report(3)));
        var room = journal.RoomAsync(default);
        Assert.False(room.IsCompleted);
        journal.Start();
        await room.WaitAsync(Some.Patience);
        Assert.True(journal.TryAppend("T1", Some.Report(3)));
    }

    [Fact]
    public async Task When_the_pump_is_behind_nothing_more_is_committed_until_it_gives_a_batch_back()
    {
        using var journal = Some.Journal(_rows, 0, new() { PumpBatches = 2, Linger = TimeSpan.Zero });
        journal.Start();
        await journal.AppendAsync(EntryKind.Report, 0, Some.Serial(), Some.Report(1), default);
        await journal.AppendAsync(EntryKind.Report, 0, Some.Serial(), Some.Report(2), default);
        var third = journal.AppendAsync(EntryKind.Report, 0, Some.Serial(), Some.Report(3), default);
        Assert.True(journal.CommittedBatches.TryRead(out var first));
        Assert.False(third.IsCompleted);
        Assert.Equal(2, (await _rows.EntriesAsync()).Count);
        journal.Return(first);
        await third.WaitAsync(Some.Patience);
        Assert.Equal(3, (await _rows.EntriesAsync()).Count);
    }

    private sealed class Listener : CommitListener
    {
        public TaskCompletionSource<long> Told { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public bool Throws { get; init; }

        public override void Committed(long position)
        {
            if (Throws) throw new IOException("the session has trouble of its own");
            Told.SetResult(position);
        }
    }
}
