using System.Collections.Immutable;
using System.Threading.Channels;
using Fleet.Grains;
using Fleet.Grains.Neighbours;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace Fleet.House_Tests.Cluster;

/// <summary>A carrier's outage as its grain sees it, from the other silo of two: thousands of terminals at once, as the book tells them.</summary>
public sealed class GroupStormTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Members = 20_000, ChangesASecond = 10_000;

    /// <summary>The book tells a group four times a second (docs/architecture.md).</summary>
    private const int Batch = ChangesASecond / 4;

    private readonly Posted _posted = new();
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((_, silo) => silo.Services.AddSingleton(TimeProvider.System).AddSingleton<IMembers, Carrier>().AddSingleton<IFindings>(_posted));
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();

    [Fact(Timeout = 60_000)]
    public async Task Ten_thousand_changes_a_second_are_heard_and_found_as_one()
    {
        var carriers = _cluster.Silos.Select(silo => silo.ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<IGroupGrain>("carrier:C")).ToArray();
        foreach (var carrier in carriers) await carrier.Hear([]);
        await StormAsync(carriers, isCleared: false);
        var found = await _posted.NextAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("carrier:C", "carrier-outage", FindingKind.Raised), (found.Subject, found.Fault, found.Kind));
        Assert.Equal(ChangesASecond, found.Evidence[0].Number);

        var (rounds, began) = (6, TimeProvider.System.GetTimestamp());
        for (var round = 0; round < rounds; round++) await StormAsync(carriers, isCleared: round % 2 == 0);
        var took = TimeProvider.System.GetElapsedTime(began);
        output.WriteLine($"{rounds * ChangesASecond / took.TotalSeconds:N0} changes a second, alternately from either silo");
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(rounds));
    }

    private static async Task StormAsync(IGroupGrain[] carriers, bool isCleared)
    {
        var nowMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var first = 0; first < ChangesASecond; first += Batch)
        {
            ImmutableArray<MemberChange> changes = [.. Enumerable.Range(first, Batch).Select(number => new MemberChange($"T{number}", "offline", isCleared, nowMs))];
            await carriers[first / Batch % carriers.Length].Hear(changes).AsTask().WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    private sealed class Carrier : IMembers
    {
        public int CountOf(string group) => Members;

        public string? SiteOf(string serial) => serial;

        public string? ModelOf(string serial) => null;

        public IReadOnlyDictionary<string, long> Without(string group, Without what) => ImmutableDictionary<string, long>.Empty;

        public Task<ImmutableArray<MemberChange>> OpenAsync(string group, CancellationToken stop) => Task.FromResult(ImmutableArray<MemberChange>.Empty);

        public Task<IReadOnlyList<Trouble>> TroublesAsync(long fromMs, CancellationToken stop) => Task.FromResult<IReadOnlyList<Trouble>>([]);
    }

    private sealed class Posted : IFindings
    {
        private readonly Channel<Finding> _found = Channel.CreateUnbounded<Finding>();

        public ValueTask<Finding> NextAsync(CancellationToken stop) => _found.Reader.ReadAsync(stop);

        public ValueTask PostAsync(Finding finding, CancellationToken stop = default) => _found.Writer.WriteAsync(finding, stop);

        public Task DrainAsync(CancellationToken stop = default) => Task.CompletedTask;
    }
}
