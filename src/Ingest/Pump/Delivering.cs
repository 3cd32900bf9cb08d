using Fleet.Grains.Terminals;
using Fleet.Ingest.Commands;

namespace Fleet.Ingest.Pump;

/// <summary>Brings inputs to their terminals: in place where the terminal lives in this process, by a grain call elsewhere.</summary>
/// <param name="results">Notes the answers to commands; one noted again changes nothing.</param>
/// <param name="ofTheDead">What is brought comes from a dead node's journal, for which everything else is held back.</param>
internal sealed class Delivering(LocalTerminals local, Func<IReadOnlyList<CommandResult>, Task> results, bool ofTheDead = false)
{
    /// <summary>
    /// How many terminals elsewhere, or that have yet to stand up, are called at once. Where thousands stand up together
    /// each waits for all, and what it came with and what Orleans makes for it grows old: 600 bytes a terminal that nobody
    /// gives back (docs/decisions/2026-11-25-a-million-terminals.md).
    /// </summary>
    private const int TerminalsAtOnce = 256;

    private readonly Dictionary<string, List<Input>> _elsewhere = [];

    /// <summary>Completes when every input is applied and its findings are on their way; throws where a terminal could not take its inputs.</summary>
    public Task ApplyAsync(Delivery delivery) => ofTheDead || local.Hold.IsCompleted ? Apply(delivery) : ApplyHeld(delivery);

    private async Task ApplyHeld(Delivery delivery)
    {
        await local.Hold;
        await Apply(delivery);
    }

    private Task Apply(Delivery delivery)
    {
        List<Task>? underWay = null;
        _elsewhere.Clear(); // of the delivery before
        foreach (var (serial, here, input) in delivery.Inputs)
        {
            if (_elsewhere.Count > 0 && _elsewhere.TryGetValue(serial, out var after)) after.Add(input); // behind those before it
            else if (!TryApplyHere(serial, here, input, out var posting)) _elsewhere[serial] = [input];
            else if (!posting.IsCompletedSuccessfully) (underWay ??= []).Add(posting);
        }
        if (_elsewhere.Count > 0) (underWay ??= []).Add(ApplyElsewhere());
        if (delivery.Results.Count > 0) (underWay ??= []).Add(results([.. delivery.Results]));
        return underWay is null ? Task.CompletedTask : Task.WhenAll(underWay);
    }

    private async Task ApplyElsewhere()
    {
        foreach (var some in _elsewhere.Chunk(TerminalsAtOnce))
            await Task.WhenAll(some.Select(one => ApplyElsewhere(local.Reference(one.Key), [.. one.Value])));
    }

    private Task ApplyElsewhere(ITerminalGrain to, Input[] inputs) =>
        ofTheDead ? to.ApplyOfTheDead(inputs).AsTask() : to.Apply(inputs).AsTask();

    private bool TryApplyHere(string serial, TerminalGrain? here, in Input input, out Task posting)
    {
        var one = new ReadOnlySpan<Input>(in input);
        if (here is not null && here.TryApply(one, out posting, ofTheDead)) return true;
        posting = Task.CompletedTask;
        return local.Find(serial) is { } now && now != here && now.TryApply(one, out posting, ofTheDead);
    }
}
