using System.Collections.Concurrent;
using System.Collections.Immutable;
using Fleet.Alerts.Neighbours;
using Fleet.Grains;
using Fleet.Grains.Neighbours;
using Fleet.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Alerts.Tests;

/// <summary>What the groups hear of what the book commits.</summary>
public sealed class NeighbourNewsTests : IAsyncLifetime
{
    private readonly SqliteStore _store = new();
    private readonly Groups _groups = new();
    private Room _room = null!;

    [Fact]
    public async Task A_committed_fault_is_told_to_every_group_that_may_be_its_cause_in_one_batch_each()
    {
        await _room.Raises("offline", _room.NowMs, "A");
        await _room.Raises("offline", _room.NowMs, "B");
        await _room.Raises("paper-out", _room.NowMs, "A");
        await Bell.TellAsync(default);
        Assert.Equal(["carrier:46000: A offline, B offline", "site:S-1: A offline, B offline"], _groups.Told);
        await Bell.TellAsync(default);
        Assert.Equal(2, _groups.Told.Count());
    }

    [Fact]
    public async Task A_clear_is_told_and_a_group_hears_of_its_own_when_a_person_clears_it()
    {
        var raised = _room.NowMs;
        await _room.Raises("weak-signal", raised, "A");
        await _room.Raises("site-outage", raised, "site:S-1");
        await _room.ClearsOf("A", "weak-signal", raised);
        await _room.ClearsOf("site:S-1", "site-outage", raised);
        await Bell.TellAsync(default);
        Assert.Equal(["carrier:46000: A weak-signal, A weak-signal over", "site:S-1: site:S-1 site-outage over"], _groups.Told);
    }

    [Fact]
    public async Task A_group_that_could_not_be_told_reads_its_members_anew()
    {
        await _room.Raises("offline", _room.NowMs, "A");
        _groups.AreAway = true;
        await Bell.TellAsync(default);
        _groups.AreAway = false;
        await Bell.TellAsync(default);
        Assert.Equal(["carrier:46000: reload", "site:S-1: reload"], _groups.Told);
    }

    [Fact]
    public async Task A_group_that_stands_up_reads_its_own_fault_first_and_then_its_members()
    {
        var raised = _room.NowMs;
        await _room.Raises("offline", raised, "B");
        await _room.Raises("offline", raised - 5000, "A");
        await _room.Raises("paper-out", raised, "A");
        await _room.Raises("site-outage", raised - 5000, "site:S-1");
        Assert.Equal(["site:S-1 site-outage", "A offline", "B offline"], (await _room.Get<IMembers>().OpenAsync("site:S-1", default)).Select(c => $"{c.Member} {c.Fault}"));
        Assert.Equal(5, _room.Get<IMembers>().CountOf("carrier:46000"));
    }

    [Fact]
    public async Task Of_silence_a_group_hears_since_when_and_reads_it_when_it_stands_up()
    {
        await _room.Book.PostAsync(Room.Some(FindingKind.Raised, "offline", _room.NowMs, _room.NowMs, "A") with { Evidence = [new(GroupKind.LastHeard, _room.NowMs - 180_000)] });
        await _room.Raises("adapter-fault", _room.NowMs, "A");
        long[] since = [_room.NowMs - 180_000, 0];
        var told = _room.Get<NeighbourNews>().Take().Single(news => news.Group == "site:S-1").Changes!.Value;
        Assert.Equal(since, told.Select(change => change.LastHeardAtMs));
        Assert.Equal(since, (await _room.Get<IMembers>().OpenAsync("site:S-1", default)).Select(change => change.LastHeardAtMs).OrderDescending());
    }

    [Fact]
    public async Task Groups_with_a_recent_fault_or_their_own_are_woken_and_no_others()
    {
        var raised = _room.NowMs;
        await _room.Raises("offline", raised, "A");
        await _room.Raises("carrier-outage", raised, "carrier:46000");
        await Bell.WakeAsync(default);
        Assert.Equal(["carrier:46000: ", "site:S-1: "], _groups.Told);
        _room.Time.Advance(TimeSpan.FromHours(1));
        await Bell.WakeAsync(default);
        Assert.Equal(["carrier:46000: ", "carrier:46000: ", "site:S-1: "], _groups.Told);
        Assert.Equal(2, _groups.CohortsWoken); // versions are watched whether there is anything or not
    }

    public async ValueTask InitializeAsync()
    {
        _room = await Room.OpenAsync(_store.Database);
        await _room.Get<Registry>().ImportAsync([
            .. new[] { "A", "B" }.Select(serial => Room.Registered(serial, "S-1", "M-1")), .. new[] { "C", "D" }.Select(serial => Room.Registered(serial, $"S-{serial}", "M-1"))]);
    }

    public async ValueTask DisposeAsync()
    {
        await _room.DisposeAsync();
        await _store.DisposeAsync();
    }

    private NeighbourBell Bell => new(_room.Get<NeighbourNews>(), _groups, _room.Get<GroupFaults>(), _room.Time, NullLogger<NeighbourBell>.Instance);

    /// <summary>The silo's side of the wall: writes down what it is told.</summary>
    private sealed class Groups : IGroups
    {
        private readonly ConcurrentQueue<string> _told = new();

        public bool AreAway { get; set; }
        public IEnumerable<string> Told => _told.Order(StringComparer.Ordinal);

        public int CohortsWoken { get; private set; }

        public ICohortGrain Cohorts => new Waking(() => CohortsWoken++);

        public IGroupGrain Of(string group) => AreAway ? throw new TimeoutException("the silo is away") : new Listener(group, _told);

        private sealed class Waking(Action woken) : ICohortGrain
        {
            public ValueTask Wake()
            {
                woken();
                return ValueTask.CompletedTask;
            }
        }

        private sealed class Listener(string group, ConcurrentQueue<string> told) : IGroupGrain
        {
            public ValueTask Hear(ImmutableArray<MemberChange> changes)
            {
                told.Enqueue($"{group}: {string.Join(", ", changes.Select(c => $"{c.Member} {c.Fault}{(c.IsCleared ? " over" : "")}"))}");
                return ValueTask.CompletedTask;
            }

            public ValueTask Reload()
            {
                told.Enqueue($"{group}: reload");
                return ValueTask.CompletedTask;
            }
        }
    }
}
