using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using Fleet.Tests.Shared;

namespace Fleet.Bench.Fuzz;

/// <summary>Mutated packets through the server's own connections in this process, where every exception is seen, also one that is caught.</summary>
internal sealed class InProcess(FrontRoom room, int seed, TimeProvider clock)
{
    /// <summary>Terminals whose names no damage to those of <see cref="FuzzTally.ConnectTerminals"/> makes: the answer to a wrong password is held back.</summary>
    public static readonly int[] Terminals = [.. Enumerable.Range(5_555_000, 64)];

    /// <summary>A connection whose bytes have all come and that is not over then is stuck.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, long> _wrong = new();

    /// <summary>What was thrown and is not the protocol's, with how often.</summary>
    public IEnumerable<string> Wrong => _wrong.Select(w => $"{w.Value:N0} times {w.Key}");

    public async Task<FuzzTally> RunAsync(long packets, CancellationToken stop)
    {
        var tally = new FuzzTally(packets);
        using var stopping = stop.Register(() => tally.Stopped = true);
        AppDomain.CurrentDomain.FirstChanceException += Look;
        var lanes = Task.WhenAll(Terminals.Select((terminal, i) => Task.Run(() => RunAsync(terminal, new(seed + i), tally), stop)));
        while (await Task.WhenAny(lanes, Task.Delay(TimeSpan.FromSeconds(10), clock, stop)) != lanes)
            await Console.Error.WriteLineAsync($"  {tally.Packets:N0} packets, {tally.Connections:N0} connections in process, {GC.GetTotalMemory(false) / 1048576:N0} MiB");
        await lanes;
        for (var left = 40; room.Sessions > 0 && left > 0; left--) await Task.Delay(TimeSpan.FromMilliseconds(250), clock, stop); // they are kept for a second
        AppDomain.CurrentDomain.FirstChanceException -= Look;
        return tally;
    }

    private async Task RunAsync(int terminal, Random random, FuzzTally tally)
    {
        var (stream, answers) = (new FuzzStream(terminal), new Answers());
        while (!tally.IsFull)
        {
            answers.Clear();
            var chunks = new Chunks(FuzzStream.Cut(stream.Next(random), random.Next(2) == 0 ? random.Next(2, 40) : 1, random), ends: true);
            var down = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
            try { await room.ServeAsync(chunks, down.Writer).WaitAsync(s_patience, clock); }
            catch (TimeoutException) { tally.Stuck(); }
            catch (Exception e) { if (!IsTheProtocols(e)) Note(e); }
            await down.Writer.CompleteAsync();
            await ReadAsync(down.Reader, answers);
            // Where bytes are left it waited for the rest of a packet, or was told good-bye.
            tally.Add(answers, isHungUp: answers.PingResponses < FuzzStream.Packets && !chunks.IsHeld);
        }
    }

    private static async Task ReadAsync(PipeReader from, Answers answers)
    {
        while (answers.Unsound is null && await from.ReadAsync() is { Buffer.IsEmpty: false } read)
        {
            var some = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, answers.Room.Length));
            System.Buffers.BuffersExtensions.CopyTo(some, answers.Room);
            answers.Took((int)some.Length);
            from.AdvanceTo(some.End);
        }
        await from.CompleteAsync();
    }

    private void Look(object? sender, FirstChanceExceptionEventArgs thrown)
    {
        // A tool's command that is no JSON becomes a refusal; where it leaves the connection all the same, that is noted there.
        if (thrown.Exception is not JsonException && !IsTheProtocols(thrown.Exception)) Note(thrown.Exception);
    }

    /// <summary>The decoder's own, which becomes a refusal.</summary>
    private static bool IsTheProtocols(Exception thrown) => thrown.GetType().Namespace == "MQTTnet.Exceptions";

    private void Note(Exception wrong) =>
        _wrong.AddOrUpdate($"{wrong.GetType()}: {wrong.Message} {wrong.StackTrace?.Split('\n')[0].Trim()}", 1, (_, count) => count + 1);
}
