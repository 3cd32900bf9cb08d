using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// What is usual at a terminal of what <see cref="ReaderFault"/> and <see cref="Declines"/> test: the failed share of
/// each way of reading, and of payments the share of each decline code (0 while nothing was learned), and for
/// <see cref="BadCard"/> whether cards were read well just before; and for <see cref="WeakSignal"/> the signal. 48 bytes.
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

    /// <summary>Hundredths of a dBm, always below 0; 0 for none.</summary>
    private short _rsrp;

    public static string Name => "usual";

    [UnscopedRef]
    public ref UsualShare Reads(Way way) => ref _reads[(int)way];

    [UnscopedRef]
    public ref OfDeclines Declines => ref _declines;

    /// <summary>What the place usually gives; null where none was read.</summary>
    public readonly double? RsrpDbm => _rsrp == 0 ? null : _rsrp / 100d;

    /// <summary>A moving average over some five hundred readings: a working day of one a minute.</summary>
    public void LearnRsrp(double dbm)
    {
        var usual = RsrpDbm is { } known ? known + ((dbm - known) / 500) : dbm;
        _rsrp = (short)Math.Clamp(Math.Round(100 * usual), short.MinValue, -1);
    }

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
        int rsrp = _rsrp;
        codec.Field(ref rsrp);
        _rsrp = (short)rsrp;
    }
}
