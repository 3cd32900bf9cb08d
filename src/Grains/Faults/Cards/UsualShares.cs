using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// What is usual at a terminal of what <see cref="ReaderFault"/> and <see cref="Declines"/> test: the failed share of
/// each way of reading, and of payments the share of each decline code (0 while nothing was learned), and for
/// <see cref="BadCard"/> whether cards were read well just before. 45 bytes.
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

    /// <summary>More good reads before a failure are not counted: of each way two bits.</summary>
    private const int MostGoodBefore = 3;

    private OfReads _reads;
    private OfDeclines _declines;
    private byte _goodBefore;

    public static string Name => "usual";

    [UnscopedRef]
    public ref UsualShare Reads(Way way) => ref _reads[(int)way];

    [UnscopedRef]
    public ref OfDeclines Declines => ref _declines;

    /// <summary>
    /// How many good reads are known from before this report; those of this report are counted for the next. A failure
    /// takes half of them: a reader that has just read others well is not broken by one card that had to be read again.
    /// </summary>
    public int GoodBefore(int way, ReadsGrown grown)
    {
        var (shift, before) = (2 * way, (_goodBefore >> (2 * way)) & MostGoodBefore);
        var now = Math.Min(MostGoodBefore, (grown.Failed > 0 ? before / 2 : before) + grown.Good);
        _goodBefore = (byte)((_goodBefore & ~(MostGoodBefore << shift)) | ((int)now << shift));
        return before;
    }

    public void Codec(ref StateCodec codec)
    {
        for (var way = 0; way < Ways.Count; way++) _reads[way].Codec(ref codec);
        for (var code = 0; code < Fleet.Grains.Faults.Declines.Codes; code++) codec.Field(ref _declines[code]);
        codec.Field(ref _goodBefore);
    }
}
