using Fleet.Ingest.Journal;
using Fleet.Tests;

namespace Fleet.Ingest_Tests.Store;

public sealed class JournalRowsOnSqlite() : JournalRowsTests(null);

public sealed class JournalRowsOnPostgres(PostgresServer server) : JournalRowsTests(server);

public abstract class JournalRowsTests(PostgresServer? postgres) : StoreTests(postgres)
{
    [Fact]
    public async Task Batches_come_back_in_order_with_nothing_of_the_buffer_behind_them()
    {
        var (rows, marks, last) = await Database.ClaimAsync();
        await using var _ = rows;
        Assert.Equal((default, 0L), (marks, last));
        foreach (var position in (long[])[2, 1, 3]) rows.Insert(position, [(byte)position, 8, 9, 9, 9], 2);
        var read = await rows.ReadAsync(after: 1, default);
        Assert.Equal([2, 3], read.Select(r => r.Position));
        Assert.Equal([2, 8], read[0].Batch);
    }

    [Fact]
    public async Task Rows_below_both_marks_go_and_a_claim_finds_the_marks()
    {
        var (rows, _, _) = await Database.ClaimAsync();
        await using var first = rows;
        for (var position = 1; position <= 5; position++) rows.Insert(position, new byte[10], 10);
        await rows.MarkAsync(new(Grains: 4, History: 2), default);
        Assert.Equal((3, 30), rows.Kept);
        var (again, marks, last) = await Database.ClaimAsync();
        await using var second = again;
        Assert.Equal((new Marks(4, 2), 5L), (marks, last));
        Assert.Equal((3, 30), again.Kept);
        Assert.Equal([3, 4, 5], (await again.ReadAsync(0, default)).Select(r => r.Position));
    }

    [Fact]
    public async Task A_long_journal_goes_in_slices_to_the_last_row_below_the_marks()
    {
        var (rows, _, _) = await Database.ClaimAsync();
        await using var _ = rows;
        for (var position = 1; position <= 600; position++) rows.Insert(position, [7], 1);
        await rows.MarkAsync(new(599, 600), default);
        Assert.Equal((1, 1), rows.Kept);
        Assert.Equal([600], (await rows.ReadAsync(0, default)).Select(r => r.Position));
    }

    [Fact]
    public async Task Large_rows_go_a_few_at_once_however_many_they_are_so_that_commits_get_between()
    {
        var (rows, _, _) = await Database.ClaimAsync();
        await using var _ = rows;
        rows.CutBytes = 2000;
        for (var position = 1; position <= 100; position++) rows.Insert(position, new byte[1000], 1000);
        rows.Insert(101, new byte[9000], 9000);
        await rows.MarkAsync(new(101, 101), default);
        Assert.Equal(101 - (2 * JournalRows.MostSlices), rows.Kept.Rows);
        await rows.MarkAsync(new(101, 101), default);
        Assert.Equal((0, 0), rows.Kept); // the last one is larger than what goes at once
    }

    [Fact]
    public async Task A_journal_that_is_given_up_leaves_no_row_behind_for_who_comes_back_under_its_name()
    {
        var (rows, _, _) = await Database.ClaimAsync();
        await using var first = rows;
        for (var position = 1; position <= 3; position++) rows.Insert(position, [7], 1);
        await rows.ReleaseAsync(default);
        var (again, marks, last) = await Database.ClaimAsync();
        await using var second = again;
        Assert.Equal((default, 0L, 0L), (marks, last, again.Kept.Rows));
    }

    [Fact]
    public async Task An_emptied_journal_never_gives_a_position_twice()
    {
        var (rows, _, _) = await Database.ClaimAsync();
        await using var first = rows;
        for (var position = 1; position <= 3; position++) rows.Insert(position, [0], 1);
        await rows.MarkAsync(new(3, 3), default);
        var (again, _, last) = await Database.ClaimAsync();
        await using var second = again;
        Assert.Equal(3, last);
    }

    [Fact]
    public async Task A_row_of_the_successor_is_not_taken_for_ones_own()
    {
        var (old, _, _) = await Database.ClaimAsync();
        await using var first = old;
        old.Insert(1, [1], 1);
        Assert.True(await old.HasAsync(1, default));
        var (successor, _, _) = await Database.ClaimAsync(owner: "another");
        await using var second = successor;
        successor.Insert(2, [2], 1);
        Assert.Throws<FencedException>(() => old.Insert(2, [9], 1));
        Assert.False(await old.HasAsync(2, default));
        Assert.True(await successor.HasAsync(2, default));
    }

    [Fact]
    public async Task Only_the_oldest_rows_are_beyond_the_budget()
    {
        var (rows, _, _) = await Database.ClaimAsync();
        await using var _ = rows;
        Assert.Equal(0, await rows.LastBeyondAsync(100, default));
        for (var position = 1; position <= 10; position++) rows.Insert(position, new byte[10], 10);
        Assert.Equal(0, await rows.LastBeyondAsync(100, default));
        Assert.Equal(4, await rows.LastBeyondAsync(65, default));
    }

    [Fact]
    public async Task An_orphan_is_adopted_by_one_and_given_up()
    {
        var (rows, _, _) = await Database.ClaimAsync("dead");
        await using var _ = rows;
        rows.Insert(1, [1], 1);
        var (silence, minute) = (TimeSpan.FromSeconds(-1), TimeSpan.FromMinutes(1));
        Assert.False(Assert.Single(await JournalClaims.LeasesAsync(Database, minute, default)).IsSilent);
        var lease = Assert.Single(await JournalClaims.LeasesAsync(Database, silence, default));
        Assert.Equal(("dead", true, true, false), (lease.Node, lease.IsSilent, lease.HasUnapplied, lease.IsAdopted));
        var adopted = await JournalClaims.TryAdoptAsync(Database, lease, Lease.OwnerName("silo", "alive"), default);
        Assert.Null(await JournalClaims.TryAdoptAsync(Database, lease, Lease.OwnerName("silo", "slow"), default));
        await adopted!.Value.Rows.MarkAsync(new(1, 0), default);
        lease = Assert.Single(await JournalClaims.LeasesAsync(Database, minute, default));
        Assert.Equal(("silo", false, true), (lease.Silo, lease.HasUnapplied, lease.IsAdopted));
        Assert.Throws<FencedException>(() => rows.Insert(2, [2], 1));
        await adopted.Value.Rows.ReleaseAsync(default);
        Assert.Empty(await JournalClaims.LeasesAsync(Database, silence, default));
        await adopted.Value.Rows.DisposeAsync();
    }

    [Fact]
    public async Task A_journal_goes_on_over_a_connection_that_broke()
    {
        var (rows, _, _) = await Database.ClaimAsync();
        await using var _ = rows;
        rows.Insert(1, [1], 1);
        await rows.ReconnectAsync(default);
        rows.Insert(2, [2], 1);
        Assert.True(await rows.HasAsync(2, default));
    }
}
