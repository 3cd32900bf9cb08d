using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// What is usual at a terminal of what <see cref="ReaderFault"/> and <see cref="Declines"/> test: the failed share of
/// each way of reading, and of payments the share of each decline code (0 while nothing was learned). 44 bytes.
/// </summary>
internal struct UsualShares : IPart
{
    [InlineArray(Ways.Count)]
    private struct OfReads
    {
        private UsualShare _first;
    }

    [InlineArray(Fleet.Grains.Faults.Declines.Codes)]
    internal struct OfDeclines
    {
        private float _first;
    }

    private OfReads _reads;
    private OfDeclines _declines;

    public static string Name => "usual";

    [UnscopedRef]
    public ref UsualShare Reads(Way way) => ref _reads[(int)way];

    [UnscopedRef]
    public ref OfDeclines Declines => ref _declines;

    public void Codec(ref StateCodec codec)
    {
        for (var way = 0; way < Ways.Count; way++) _reads[way].Codec(ref codec);
        for (var code = 0; code < Fleet.Grains.Faults.Declines.Codes; code++) codec.Field(ref _declines[code]);
    }
}
