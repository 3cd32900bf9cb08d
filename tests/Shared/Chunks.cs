using System.Buffers;
using System.IO.Pipelines;

namespace Fleet.Tests.Shared;

/// <summary>The way in of a connection whose bytes arrive in given chunks, each a segment of its own; ends after the last, or waits.</summary>
internal sealed class Chunks(IEnumerable<byte[]> chunks, bool ends) : PipeReader
{
    private readonly Queue<byte[]> _coming = new(chunks);
    private readonly TaskCompletionSource<ReadResult> _never = new();
    private List<byte[]> _held = [];
    private ReadOnlySequence<byte> _shown;
    private bool _examinedAll = true;
    private long _left = chunks.Sum(c => (long)c.Length);

    /// <summary>Bytes that were given and not consumed.</summary>
    public long Left => Volatile.Read(ref _left);

    /// <summary>Whether the reader has left bytes that it was shown.</summary>
    public bool IsHeld => _held.Count > 0;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (_examinedAll && _coming.TryDequeue(out var next)) _held.Add(next);
        else if (_examinedAll && !ends) return new(_never.Task.WaitAsync(cancellationToken));
        _shown = Sequence(_held);
        return new(new ReadResult(_shown, isCanceled: false, isCompleted: ends && _coming.Count == 0));
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _examinedAll = _shown.Slice(examined).IsEmpty;
        var rest = _shown.Slice(consumed);
        Interlocked.Add(ref _left, rest.Length - _shown.Length);
        _held = [];
        foreach (var memory in rest)
            if (!memory.IsEmpty) _held.Add(memory.ToArray());
    }

    public override void CancelPendingRead() => _never.TrySetResult(new(default, isCanceled: true, isCompleted: false));

    public override void Complete(Exception? exception = null) { }

    public override bool TryRead(out ReadResult result) => throw new NotSupportedException();

    private static ReadOnlySequence<byte> Sequence(List<byte[]> chunks)
    {
        if (chunks.Count == 0) return ReadOnlySequence<byte>.Empty;
        Segment first = new(chunks[0], 0), last = first;
        foreach (var chunk in chunks.Skip(1)) last = last.Then(chunk);
        return new(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, long at) => (Memory, RunningIndex) = (bytes, at);

        public Segment Then(byte[] bytes)
        {
            var next = new Segment(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
