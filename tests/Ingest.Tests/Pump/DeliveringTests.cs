using Fleet.Grains.Terminals;
using Fleet.Ingest.Journal;
using Fleet.Ingest.Pump;

namespace Fleet.Ingest_Tests.Pump;

public sealed class DeliveringTests
{
    private const int Terminals = 600;

    [Fact]
    public async Task A_crowd_of_terminals_stands_up_in_portions()
    {
        await using var fleet = new FleetHost();
        await fleet.InitializeAsync();
        var (posted, go) = (0, new TaskCompletionSource());
        fleet.Findings.Post = _ => { Interlocked.Increment(ref posted); return go.Task; };
        var applied = new Delivering(fleet.Local, _ => Task.CompletedTask).ApplyAsync(PaperOuts(fleet));
        await Some.Until(() => Volatile.Read(ref posted) >= 256, "the first portion");
        await fleet.Grains.GetGrain<ITerminalGrain>("another").View();
        Assert.Equal(256, Volatile.Read(ref posted));
        go.SetResult();
        await applied;
        Assert.Equal(Terminals, Volatile.Read(ref posted));
    }

    private static Delivery PaperOuts(FleetHost fleet)
    {
        var batch = new Batch(64);
        batch.Begin(1);
        for (var i = 0; i < Terminals; i++)
            batch.Add(new(EntryKind.Report, 1_790_000_000_000, Some.Serial($"D{i}"), """{"seq":1,"at":1790000000000,"printer":{"state":"paper-out"}}"""u8), null);
        var delivery = new Delivery();
        new Decoder(fleet.Local).Decode(1, batch.Content, delivery);
        return delivery;
    }
}
