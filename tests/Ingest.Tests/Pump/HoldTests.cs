using Fleet.Grains.Terminals;
using Fleet.Ingest.Journal;
using Fleet.Ingest.Pump;

namespace Fleet.Ingest_Tests.Pump;

/// <summary>What a dead node's journal holds reaches a terminal before what it says elsewhere afterwards.</summary>
public sealed class HoldTests
{
    private const int OfTheDead = 400; // more than the 256 by which a terminal tells late reports from duplicates

    [Fact]
    public async Task A_fault_that_came_and_went_with_a_dead_node_is_found_and_no_report_of_it_is_too_old_to_count()
    {
        await using var fleet = new FleetHost();
        await fleet.InitializeAsync();
        await Some.Until(() => fleet.Local.Hold.IsCompleted, "the end of the start's own hold");
        var death = new TaskCompletionSource();
        fleet.Local.Hold = death.Task;
        Delivering live = new(fleet.Local, _ => Task.CompletedTask), left = new(fleet.Local, _ => Task.CompletedTask, ofTheDead: true);
        var held = live.ApplyAsync(Reports(fleet, OfTheDead + 1, 1));
        var terminal = fleet.Grains.GetGrain<ITerminalGrain>("H1");
        await Assert.ThrowsAsync<StaleTerminalException>(() => terminal.Apply([.. Reports(fleet, OfTheDead + 2, 1).Inputs.Select(i => i.Input)]).AsTask());
        await left.ApplyAsync(Reports(fleet, 1, OfTheDead, outFrom: 100, outTo: 200));
        Assert.False(held.IsCompleted);
        death.SetResult();
        await held;
        await live.ApplyAsync(Reports(fleet, OfTheDead + 2, 1));
        var view = await terminal.View();
        Assert.Equal((OfTheDead + 2, 0, 0), (view!.Reports, view.Late, view.Duplicates));
        Assert.Equal(["paper-out Raised", "paper-out Cleared"], fleet.Findings.Of("H1"));
    }

    private static Delivery Reports(FleetHost fleet, int from, int count, int outFrom = 0, int outTo = 0)
    {
        var batch = new Batch(64);
        batch.Begin(from);
        for (var seq = from; seq < from + count; seq++)
        {
            var state = seq >= outFrom && seq < outTo ? "paper-out" : "ok";
            batch.Add(new(EntryKind.Report, 1_790_000_000_000 + seq, Some.Serial("H1"),
                System.Text.Encoding.ASCII.GetBytes($$$"""{"seq":{{{seq}}},"at":{{{1_790_000_000_000 + seq}}},"printer":{"state":"{{{state}}}"}}""")), null);
        }
        var delivery = new Delivery();
        new Decoder(fleet.Local).Decode(from, batch.Content, delivery);
        return delivery;
    }
}
