using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Fleet.History.Tests;

public sealed class PointQueueTests : IDisposable
{
    private static readonly QueueLimits s_limits = new(Bytes: 1000, BatchBytes: 100, BatchLines: 5, Linger: TimeSpan.FromMilliseconds(200));

    private readonly FakeTimeProvider _time = new();
    private readonly PointQueue _queue;

    public PointQueueTests() => _queue = new PointQueue(s_limits, _time);

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task A_batch_lingers_for_company()
    {
        var next = _queue.NextAsync(TestContext.Current.CancellationToken);
        Add("a 1\n");
        _time.Advance(TimeSpan.FromMilliseconds(199));
        Add("b 2\n");
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("a 1\nb 2\n", Text(await next));
    }

    [Fact]
    public async Task While_the_writers_are_busy_a_batch_goes_on_filling()
    {
        Add("a\na\na\na\na\n");
        Add("b\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        Add("c\n");
        _queue.Settle((await NextAsync())!);
        Assert.Equal("b\nc\n", Text(await NextAsync()));
    }

    [Fact]
    public async Task A_call_is_accepted_when_the_last_of_its_batches_is()
    {
        var accepted = Added("1\n2\n3\n4\n5\n6\n7\n");
        _time.Advance(s_limits.Linger);
        _queue.Settle((await NextAsync())!);
        Assert.False(accepted.IsCompleted);
        _queue.Settle((await NextAsync())!);
        await accepted.Soon();
        Assert.Equal(0, _queue.Bytes);
    }

    [Fact]
    public void A_call_larger_than_the_queue_is_taken_when_the_queue_is_empty()
    {
        var large = new string('x', 1500) + "\n";
        Assert.True(_queue.TryAdd(Encoding.UTF8.GetBytes(large), out _));
        Assert.False(_queue.TryAdd("a\n"u8, out _));
    }

    [Fact]
    public async Task Whatever_is_added_comes_out_once_in_order_in_bounded_batches() =>
        await Gen.Int[1, 150].Select(length => new string('x', length) + "\n").Array[1, 12].Array[1, 8].SampleAsync(async calls =>
        {
            using var queue = new PointQueue(s_limits with { Bytes = 100_000 }, new FakeTimeProvider());
            foreach (var lines in calls) Assert.True(queue.TryAdd(Encoding.UTF8.GetBytes(string.Concat(lines)), out _));
            queue.Complete();

            var read = new StringBuilder();
            while (await queue.NextAsync(default) is { } batch)
            {
                Assert.True(batch.LineCount == 1 || batch is { Bytes: <= 100, LineCount: <= 5 });
                read.Append(Text(batch));
                queue.Settle(batch);
            }
            Assert.Equal(string.Concat(calls.SelectMany(lines => lines)), read.ToString());
            Assert.Equal(0, queue.Bytes);
        });

    private void Add(string lines) => _ = Added(lines);

    private Task Added(string lines)
    {
        Assert.True(_queue.TryAdd(Encoding.UTF8.GetBytes(lines), out var accepted));
        return accepted;
    }

    private ValueTask<Batch?> NextAsync() => _queue.NextAsync(TestContext.Current.CancellationToken);

    private static string Text(Batch? batch) => Encoding.UTF8.GetString(batch!.Lines.Span);
}
