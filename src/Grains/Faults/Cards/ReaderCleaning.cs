using System.Runtime.InteropServices;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// Cleaning of the readers before <see cref="ReaderDirty"/>: foreseen from what fails more and more, or from how many
/// cards were read between a cleaning and dirt before. That counts from when a reader that was dirty is clean again, so
/// it knows nothing of one that never was, and such a terminal has none of it in memory.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal struct ReaderCleaning : IDetector
{
    private const long DayMs = 24 * 60 * 60 * 1000;

    /// <summary>Weight of the newest interval in the moving averages.</summary>
    private const float NewestWeight = 0.3f;

    /// <summary>How far intervals lie from the usual one, before that is learned, and at least and most.</summary>
    private const float UnknownSpread = 0.4f, LeastSpread = 0.1f, MostSpread = 0.6f;

    /// <summary>What must have been read since the cleaning to know how fast that goes.</summary>
    private const int LeastDays = 3;
    private const float LeastReads = 50;

    private enum Reader : ushort { NeverWasDirty, IsDirty, IsClean }

    private Foresight _foresight;
    private Reader _reader;

    /// <summary>Since 1970: that of the cleaning, and today.</summary>
    private ushort _cleanedDay, _day;

    /// <summary>Cards read since the cleaning, and what is usual until there is dirt; 0 while that is not known.</summary>
    private float _reads, _usualReads;
    private float _spread;

    public static string Name => "reader-cleaning";

    /// <summary>It is no fault.</summary>
    public readonly Alarm Alarm => default;

    /// <summary>By how many cards it takes usually; null where that is not known, or nothing was cleaned.</summary>
    public readonly Forecast? Due
    {
        get
        {
            if (_reader != Reader.IsClean || _usualReads == 0 || _day - _cleanedDay < LeastDays || _reads < LeastReads) return null;
            var (daysPerRead, spread) = ((_day - _cleanedDay) / _reads, Math.Clamp(_spread, LeastSpread, MostSpread));
            return new(After(daysPerRead * _usualReads), After(daysPerRead * _usualReads * (1 - spread)), After(daysPerRead * _usualReads * (1 + spread)));
        }
    }

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.Reader is null) return;
        var isDirty = hearing.IsRaised<ReaderDirty>();
        if (isDirty || _reader != Reader.NeverWasDirty) Count(isDirty, hearing);
        _foresight.See(ReaderDirty.Name, hearing.CleaningDue, hearing.Limits.ReaderDirty.ForeseeWithin, isDirty, hearing);
    }

    private void Count(bool isDirty, in Hearing hearing)
    {
        _day = (ushort)Math.Max(_day, hearing.AtMs / DayMs);
        var growth = hearing.Growth;
        if (!isDirty && !growth.WentBack) _reads += growth.Swipe.All + growth.Chip.All + growth.Tap.All;
        if (isDirty && _reader == Reader.IsClean) Learn();
        if (!isDirty && _reader == Reader.IsDirty) (_cleanedDay, _reads) = (_day, 0);
        _reader = isDirty ? Reader.IsDirty : Reader.IsClean;
    }

    private void Learn()
    {
        if (_usualReads == 0) (_usualReads, _spread) = (_reads, UnknownSpread);
        else
        {
            _spread += NewestWeight * (Math.Abs((_reads / _usualReads) - 1) - _spread);
            _usualReads += NewestWeight * (_reads - _usualReads);
        }
    }

    private readonly long After(double days) => (long)((_cleanedDay + Math.Min(days, 365)) * DayMs);

    public void Codec(ref StateCodec codec)
    {
        _foresight.Codec(ref codec);
        int reader = (ushort)_reader, cleanedDay = _cleanedDay, day = _day;
        codec.Field(ref reader);
        codec.Field(ref cleanedDay);
        codec.Field(ref day);
        (_reader, _cleanedDay, _day) = ((Reader)reader, (ushort)cleanedDay, (ushort)day);
        codec.Field(ref _reads);
        codec.Field(ref _usualReads);
        codec.Field(ref _spread);
    }
}
