using Dapper;
using Fleet.Grains.Terminals;
using Fleet.Ingest.Journal;
using Fleet.Ingest.Pump;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Ingest_Tests.Pump;

/// <summary>A journal, its pump and its feed over a history that comes and goes. Terminals are real, in the silo of the fixture.</summary>
public sealed class PumpTests(FleetHost fleet) : IClassFixture<FleetHost>, IAsyncLifetime
{
    private readonly SqliteFile _file = new();
    private CancellationTokenSource _stop = new();
    private readonly FakeHistory _history = new();
    private readonly List<Task> _running = [];
    private JournalRows _rows = null!;
    private Ingest.Journal.Journal _journal = null!;
    private HistoryFeed _feed = null!;
    private Ingest.Pump.Pump _pump = null!;

    public async ValueTask InitializeAsync() => await StartAsync();

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await _file.DisposeAsync();
    }

    [Fact]
    public async Task What_a_history_that_is_away_does_not_take_it_is_given_later_in_order_none_lost_and_none_doubled()
    {
        for (var i = 1; i <= 60; i++)
        {
            if (i is 10 or 35) _history.Away = true;
            if (i is 20 or 50) _history.Away = false;
            await ReportAsync("H1", i);
        }
        await Some.Until(() => _feed.Mark == 60, "the mark at the last row");
        Assert.Equal(Numbers("H1", 1, 60), _history.Taken);
        Assert.False(_feed.Behind);
    }

    [Fact]
    public async Task The_mark_waits_for_the_points_to_be_accepted()
    {
        var accepted = new TaskCompletionSource();
        _history.Accepts = accepted.Task;
        await ReportAsync("H2", 1);
        await Some.Until(() => _pump.Applied == 1, "the first row");
        Assert.Equal(0, _feed.Mark);
        accepted.SetResult();
        await Some.Until(() => _feed.Mark == 1, "the mark");
    }

    [Fact]
    public async Task Rows_that_are_given_up_let_the_mark_go_though_points_before_them_are_still_under_way()
    {
        _history.Accepts = new TaskCompletionSource().Task;
        await ReportAsync("H3", 1);
        await Some.Until(() => _pump.Applied == 1, "the first row");
        _history.Away = true;
        for (var i = 2; i <= 5; i++) await ReportAsync("H3", i);
        await Some.Until(() => _pump.Applied == 5, "the fifth row");
        Assert.Equal(3, _feed.DropUpTo(4));
        Assert.Equal(4, _feed.Mark);
        _history.Away = false;
        await Some.Until(() => _history.Of("H3").Count == 2, "the row that was left");
        Assert.Equal(["H3 1", "H3 5"], _history.Of("H3"));
    }

    [Fact]
    public async Task A_feed_whose_history_fails_says_so_instead_of_standing_still()
    {
        _history.Accepts = Task.FromException(new InvalidOperationException("broken"));
        await ReportAsync("H4", 1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => _running[1].WaitAsync(Some.Patience));
    }

    [Fact]
    public async Task After_a_kill_what_was_not_marked_is_given_again_and_counts_once()
    {
        for (var i = 1; i <= 20; i++) await ReportAsync("R1", i);
        await Some.Until(() => _pump.Applied == 20 && _feed.Mark == 20, "the last row");
        await _rows.MarkAsync(new(Grains: 5, History: 12), default);
        _history.Taken.Clear();
        await KillAsync();
        await StartAsync();
        await Some.Until(() => _pump.Applied == 20 && _feed.Mark == 20, "the last row again");
        Assert.Equal(Numbers("R1", 13, 20), _history.Taken);
        var view = await fleet.Grains.GetGrain<ITerminalGrain>("R1").View();
        Assert.Equal((20, 210, 15), (view!.Reports, view.SeqSum, view.Duplicates));
    }

    [Fact]
    public async Task What_a_silo_lost_is_given_again_and_counts_once()
    {
        for (var i = 1; i <= 3; i++) await ReportAsync("R2", i);
        await Some.Until(() => _pump.Applied == 3, "the third row");
        _pump.Persisted(1);
        _pump.AskReplay();
        await Some.Until(() => _pump.Applied == 3, "the replay");
        Assert.Equal(2, (await fleet.Grains.GetGrain<ITerminalGrain>("R2").View())!.Duplicates);
        _pump.Persisted(3);
        _pump.Persisted(2); // a mark does not go back
        Assert.Equal(3, _pump.Mark);
    }

    [Fact]
    public async Task What_is_asked_for_again_does_not_count_as_applied_before_it_was_given_again()
    {
        for (var i = 1; i <= 3; i++) await ReportAsync("R3", i);
        await Some.Until(() => _pump.Applied == 3, "the third row");
        _journal.Close();
        await _running[0]; // the pump has ended: nobody gives anything again
        _pump.Persisted(1);
        _pump.AskReplay();
        Assert.Equal(1, _pump.Applied);
    }

    [Fact]
    public async Task A_damaged_row_is_kept_what_can_be_read_of_it_is_applied_and_the_others_follow()
    {
        for (var i = 1; i <= 3; i++) await ReportAsync("D1", i);
        await Some.Until(() => _pump.Applied == 3, "the third row");
        await KillAsync();
        await using (var connection = await _file.Database.OpenAsync())
        {
            // Position 2: more bytes than were written. Position 3: a digit of the report, which no form gives away.
            await connection.ExecuteAsync("update journal set batch = cast(batch || x'09000000010203' as blob) where position = 2");
            var third = await connection.QuerySingleAsync<byte[]>("select batch from journal where position = 3");
            third[Array.LastIndexOf(third, (byte)'3')] = (byte)'4';
            await connection.ExecuteAsync("update journal set batch = @third where position = 3", new { third });
        }
        await StartAsync();
        await ReportAsync("D1", 5);
        await Some.Until(() => _pump.Applied == 4 && _feed.Mark == 4, "the last row");
        var view = await fleet.Grains.GetGrain<ITerminalGrain>("D1").View();
        Assert.Equal((5, 1 + 2 + 3 + 4 + 5), (view!.Reports, view.SeqSum)); // 3 had reached it before the kill; 4 is what the disk made of it
        var damaged = await DamagedAsync();
        Assert.Equal([2, 3], damaged.Select(d => d.Position));
        Assert.Contains("15 bytes before its end a journal entry claims", damaged[0].Reason, StringComparison.Ordinal);
        Assert.Contains("checksum", damaged[1].Reason, StringComparison.Ordinal);
        await KillAsync();
        await StartAsync(); // a row is kept once, however often it is read
        await Some.Until(() => _pump.Applied == 4 && _feed.Mark == 4, "the last row again");
        Assert.Equal(2, (await DamagedAsync()).Count);
    }

    [Fact]
    public async Task Rows_that_should_be_there_and_are_not_are_missed_and_the_others_are_applied()
    {
        for (var i = 1; i <= 5; i++) await ReportAsync("D2", i);
        await Some.Until(() => _pump.Applied == 5, "the fifth row");
        await KillAsync();
        await using (var connection = await _file.Database.OpenAsync())
            await connection.ExecuteAsync("delete from journal where position in (2, 3, 5)");
        await StartAsync(noted: 6);
        await Some.Until(() => _pump.Applied == 6, "the last row");
        await ReportAsync("D2", 7);
        await Some.Until(() => _pump.Applied == 7 && _feed.Mark == 7, "a new row");
        Assert.Equal(["rows 2 to 3 are missing", "rows 5 to 6 are missing"], (await DamagedAsync()).Select(d => d.Reason));
        Assert.Equal(5 * 6 / 2 + 7, (await fleet.Grains.GetGrain<ITerminalGrain>("D2").View())!.SeqSum); // 2, 3 and 5 had reached it before the kill
    }

    private async Task<List<(long Position, string Reason)>> DamagedAsync()
    {
        await using var connection = await _file.Database.OpenAsync();
        return [.. await connection.QueryAsync<(long, string)>("select position, reason from journal_damaged order by position")];
    }

    private async Task StartAsync(long noted = 0)
    {
        (_rows, var marks, var last) = await _file.Database.ClaimAsync();
        last = Math.Max(last, noted);
        _journal = Some.Journal(_rows, last);
        _feed = new(_history, _rows, new(fleet.Local), marks.History, NullLogger.Instance);
        _feed.StartBehind(last);
        _pump = new(_rows, _journal, _feed, new(fleet.Local), new(fleet.Local, _ => Task.CompletedTask), marks.Grains, NullLogger.Instance);
        _journal.Start();
        _running.Clear();
        _stop = new();
        _running.Add(Task.Run(() => _pump.RunAsync(last, _stop.Token)));
        _running.Add(Task.Run(() => _feed.RunAsync(_stop.Token)));
    }

    private async Task KillAsync()
    {
        _journal.Dispose();
        await _running[0].ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stop.CancelAsync();
        await _running[1].ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _feed.Dispose();
        await _rows.DisposeAsync();
    }

    private Task ReportAsync(string serial, long seq) => _journal.AppendAsync(EntryKind.Report, Some.Now, Some.Serial(serial), Some.Report(seq), default);

    private static IEnumerable<string> Numbers(string serial, int from, int to) => Enumerable.Range(from, to - from + 1).Select(i => $"{serial} {i}");
}
