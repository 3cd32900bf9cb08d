using Fleet.Bench.Load;
using Fleet.Bench.Servers;

namespace Fleet.Bench.Commands;

/// <summary>Whether every acknowledged message was applied once: the count of a terminal's messages, and the sum of their numbers.</summary>
internal sealed class Proof(FleetServer server, BenchTerminals terminals, TimeProvider clock)
{
    private const int Sample = 200;

    /// <summary>Prints what is wrong, or that nothing is.</summary>
    public async Task<bool> PrintAsync(TimeSpan patience, CancellationToken stop)
    {
        var wrong = await MismatchesAsync(patience, stop);
        foreach (var mismatch in wrong) Console.WriteLine($"  WRONG {mismatch}");
        Console.WriteLine(wrong.Count == 0 ? $"  every message of {Math.Min(Sample, terminals.Count)} sampled terminals was applied once" : $"  {wrong.Count} terminals are wrong");
        return wrong.Count == 0;
    }

    private async Task<List<string>> MismatchesAsync(TimeSpan patience, CancellationToken stop)
    {
        var began = clock.GetTimestamp();
        var wrong = new List<string>();
        for (var i = 0; i < Math.Min(Sample, terminals.Count); i++)
        {
            var terminal = (int)((long)i * terminals.Count / Math.Min(Sample, terminals.Count));
            var serial = ReportPacket.Serial(terminal);
            long sent = terminals.Sent(terminal);
            var applied = await server.AppliedAsync(serial, stop);
            while (applied.Reports < sent && clock.GetElapsedTime(began) < patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), clock, stop);
                applied = await server.AppliedAsync(serial, stop);
            }
            var sum = sent * ReportPacket.FirstCount + sent * (sent + 1) / 2;
            if (applied.Reports != sent || (applied.SeqSum ?? sum) != sum)
                wrong.Add($"{serial}: {sent} acknowledged with the sum {sum}, {applied.Reports} applied with the sum {applied.SeqSum}");
        }
        return wrong;
    }
}
