using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Fleet.Grains;
using Fleet.Grains.Faults;
using Fleet.Grains.Neighbours;
using Fleet.Grains.Presence;
using Fleet.Grains.Reports;
using Fleet.Grains.Rules;
using Fleet.Grains.Terminals;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Runtime.Placement;
using Orleans.TestingHost;

namespace Fleet.House_Tests.Cluster;

/// <summary>
/// Where a terminal's grain lives, and how often it moves, changes nothing of what is known of it: two silos, one store
/// in memory, and four terminals that say the same.
/// </summary>
public sealed class SameStateTests : IAsyncLifetime
{
    private const long Start = 1_790_000_000_000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly SharedStates _states = new();
    private readonly SharedFindings _findings = new();
    private readonly ReportReader _reader = new();
    private readonly InProcessTestCluster _cluster;

    public SameStateTests()
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((options, silo) =>
        {
            silo.Services.AddSingleton(TimeProvider.System).AddSingleton(FaultLimits.Default).AddSingleton<StandingRules>().AddSingleton<Census>()
                .AddSingleton<ITerminalStates>(new SharedStates.OfSilo(_states, options.SiloName)).AddSingleton<IFindings>(_findings)
                .AddSingleton<ITerminalProfiles, NoRegister>().AddSingleton<ITicks, NoJournal>().AddSingleton<IListening, NoJournal>()
                .AddSingleton<StateWriter>().AddSingleton<LocalTerminals>();
            silo.Services.AddPlacementDirector<OnKeyedSilo, OnKeyedSiloDirector>();
            silo.Configure<ClusterMembershipOptions>(o => (o.ProbeTimeout, o.NumMissedProbesLimit) = (TimeSpan.FromMilliseconds(500), 2));
            silo.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromSeconds(5));
        });
        _cluster = builder.Build();
    }

    public async ValueTask InitializeAsync() => await _cluster.DeployAsync();

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();

    [Fact(Timeout = 60_000)]
    public async Task A_terminal_is_the_same_after_its_deactivation_its_migration_and_its_silos_death()
    {
        var (one, other) = (_cluster.Silos[0], _cluster.Silos[1]);
        string[] serials = ["STAYS", "RESTS", "MOVES", "FALLS"];
        foreach (var serial in serials) await ApplyAsync(serial == "FALLS" ? other : one, serial, 0, 40);
        Assert.NotNull(Local(other, "FALLS"));

        await _cluster.DeactivateAsync(Grain(one, "RESTS"));
        Assert.Null(Local(one, "RESTS"));
        await _cluster.MigrateAsync(Grain(one, "MOVES"), other.SiloAddress);
        foreach (var serial in serials) await ApplyAsync(one, serial, 40, 80);
        Assert.NotNull(Local(other, "MOVES"));
        await _cluster.MigrateAsync(Grain(one, "MOVES"), one.SiloAddress);

        // What was applied since the checkpoint dies with the silo, and comes again from the journal.
        Assert.Equal(CheckpointResult.Done, await other.ServiceProvider.GetRequiredService<StateWriter>().CheckpointAsync(TestContext.Current.CancellationToken));
        await ApplyAsync(other, "FALLS", 80, 120);
        _states.Lose(other.Name);
        await _cluster.KillSiloAsync(other, TestContext.Current.CancellationToken);
        foreach (var serial in serials) await ApplyAsync(one, serial, 80, 160);

        Assert.Equal(CheckpointResult.Done, await one.ServiceProvider.GetRequiredService<StateWriter>().CheckpointAsync(TestContext.Current.CancellationToken));
        var expected = _states.Of("STAYS");
        Assert.True(expected.State.Length > 400);
        Assert.Equal(1, expected.Version);
        Assert.Equal(["paper-out Cleared", "paper-out Raised", "tamper Raised", "weak-signal Cleared", "weak-signal Raised"], _findings.Of("STAYS").Select(found => found.Split('@')[0]).Order(StringComparer.Ordinal));
        foreach (var serial in serials[1..])
        {
            Assert.NotNull(Local(one, serial));
            Assert.True(_states.Of(serial).Version > 1, $"{serial} went on where it was");
            Assert.Equal(expected.State, _states.Of(serial).State);
            Assert.Equal(_findings.Of("STAYS"), _findings.Of(serial).Distinct()); // what is found again is the same alert
            Assert.Equal(await ViewAsync(one, "STAYS"), await ViewAsync(one, serial));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_asks_for_a_serial_that_nobody_has_leaves_no_activation()
    {
        var silo = _cluster.Silos[0];
        Assert.Null(await Grain(silo, "NOBODY").View());
        while (_cluster.Silos.Any(each => Local(each, "NOBODY") is not null)) await Task.Delay(20, TestContext.Current.CancellationToken);
    }

    private static ITerminalGrain Grain(InProcessSiloHandle silo, string serial) => silo.ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<ITerminalGrain>(serial);

    private static TerminalGrain? Local(InProcessSiloHandle silo, string serial) => silo.ServiceProvider.GetRequiredService<LocalTerminals>().Find(serial);

    private static async Task<string> ViewAsync(InProcessSiloHandle silo, string serial) => JsonSerializer.Serialize(await Grain(silo, serial).View() is { } view ? view with { Serial = "" } : null);

    /// <summary>As a pump does: again, where the activation has just ended.</summary>
    private async Task ApplyAsync(InProcessSiloHandle by, string serial, int from, int to)
    {
        for (var minute = from; minute < to; minute++)
        {
            var began = TimeProvider.System.GetTimestamp();
            while (true)
            {
                try { await Grain(by, serial).Apply([Input(serial, minute)]).AsTask().WaitAsync(s_patience, TestContext.Current.CancellationToken); break; }
                catch (Exception e) when (e is StaleTerminalException or OrleansException or TimeoutException && TimeProvider.System.GetElapsedTime(began) < s_patience) { await Task.Delay(50, TestContext.Current.CancellationToken); }
            }
        }
    }

    /// <summary>A report a minute; now and then its session ends and begins, or something of it is refused.</summary>
    private Input Input(string serial, int minute)
    {
        var atMs = Start + (minute * 60_000L);
        if (minute % 40 == 7) return new(InputKind.Offline, atMs, Session: minute);
        if (minute % 40 == 8) return new(InputKind.Online, atMs, Session: minute);
        if (minute % 40 == 9) return new(InputKind.Refused, atMs, Refusal: Refusal.NotJson, Ordinal: minute);
        var payload = $$$"""
            {"at":{{{atMs}}},"seq":{{{minute}}},"heartbeat":{"uptime":{{{minute * 60}}},"interval":60},
             "printer":{"state":"{{{(minute is > 30 and < 50 ? "paper-out" : "ok")}}}","paper":{{{(minute is > 30 and < 50 ? "0" : "0.7")}}},"lines":{{{minute * 30}}}},
             "signal":{"link":"cellular","rat":"lte","rsrp":{{{(minute is > 60 and < 100 ? -119 : -90)}}},"snr":8,"sim":"ready","iccid":"89860012345678901234","cell":"460-00-1-2"},
             "reader":{"chip":{"ok":{{{minute}}},"failed":{{{minute / 10}}},"cards":{{{minute / 10}}}}},
             "payment":{"approved":{{{minute}}},"receipts":{{{minute}}},"declined":{"51":{{{minute / 20}}}}},
             "power":{"source":"{{{(minute % 50 < 30 ? "mains" : "battery")}}}","battery":0.{{{99 - (minute % 50)}}},"volts":3.9,"health":0.9,"cycles":200},
             "system":{"memoryFree":{{{120_000_000 - minute}}},"storageFree":900000000,"reboots":1,"crashes":{{{minute / 70}}},"firmware":"1.4.2","app":"7.0.1"},
             "security":{"tamper":{{{(minute > 75 ? "true" : "false")}}},"lat":31.2304,"lon":121.4737,"accuracy":12}}
            """;
        Assert.Equal(Refusal.None, _reader.Read(Encoding.UTF8.GetBytes(payload), serial, Section.Report, atMs, minute, out var report));
        return new(InputKind.Report, atMs, report);
    }

    /// <summary>The store of all silos.</summary>
    private sealed class SharedStates
    {
        private readonly ConcurrentDictionary<string, StoredState> _states = new();
        private readonly ConcurrentDictionary<string, bool> _lost = new();

        public StoredState Of(string serial) => _states[serial];

        /// <summary>Nothing that this silo writes arrives any more.</summary>
        public void Lose(string silo) => _lost[silo] = true;

        public sealed class OfSilo(SharedStates all, string silo) : ITerminalStates
        {
            public Task<StoredState?> LoadAsync(string serial) => Task.FromResult(all._states.TryGetValue(serial, out var stored) ? stored : default(StoredState?));

            public Task<IReadOnlyList<string>> SaveAsync(IReadOnlyList<StateWrite> states, CancellationToken stop)
            {
                if (all._lost.ContainsKey(silo)) throw new IOException("the silo is dead");
                var stale = states.Where(write => all._states.GetValueOrDefault(write.Serial).Version != write.Expected).Select(write => write.Serial).ToList();
                foreach (var write in states.Where(write => !stale.Contains(write.Serial))) all._states[write.Serial] = new(write.State.ToArray(), write.Expected + 1, 0);
                return Task.FromResult<IReadOnlyList<string>>(stale);
            }

            public Task<IReadOnlyList<Deadline>> DeadlinesAsync(int shard, CancellationToken stop) => Task.FromResult<IReadOnlyList<Deadline>>([]);
        }
    }

    private sealed class SharedFindings : IFindings
    {
        private readonly ConcurrentQueue<Finding> _found = new();

        public IEnumerable<string> Of(string serial) => _found.Where(f => f.Subject == serial).Select(f => $"{f.Fault} {f.Kind}@{f.RaisedAtMs} {string.Join(' ', f.Evidence)}");

        public ValueTask PostAsync(Finding finding, CancellationToken stop = default)
        {
            _found.Enqueue(finding);
            return ValueTask.CompletedTask;
        }

        public Task DrainAsync(CancellationToken stop = default) => Task.CompletedTask;
    }

    private sealed class NoRegister : ITerminalProfiles
    {
        public int Version => 1;

        public TerminalProfile Find(string serial) => TerminalProfile.Unknown;
    }

    /// <summary>Time does not pass here but by the story.</summary>
    private sealed class NoJournal : ITicks, IListening
    {
        public Task TickAsync(string serial, long heardAtMs) => Task.CompletedTask;

        public long? SinceMs(string serial, long heardAtMs) => null;
    }
}
