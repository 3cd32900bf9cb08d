using System.Runtime.CompilerServices;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Unusual;

/// <summary>
/// Is one numeric reading of one terminal unusual against its own past? Nothing is tuned to the reading, nothing looks ahead.
/// A sample is unusual when a statistic of the series leaves the range that this statistic has ever had, and the more so the
/// further out it is, in widths of that range. Four are watched (<see cref="UnusualAspect"/>). After an alarm there is a
/// hold-off, and whoever often shows something new is believed less.
/// </summary>
/// <remarks>
/// A value of <see cref="StateBytes"/> bytes without references: copying copies all of it. It is large, so keep it where the
/// detector is used only, as an element of an array or behind a field that may be null, and call it in place. Deterministic:
/// the same samples give the same verdicts, whether it was saved and loaded in between or not. One absurd value (paper at 10⁹)
/// widens the range for a long time: give it what was found plausible.
/// </remarks>
public struct UnusualWatch
{
    private const double MostMagnitude = 1e30;
    private const double LargestExcess = 10;
    private const int ClipAfterSamples = 50;
    private const int RangeSamples = 20;
    private const int MeanBlocks = 50;

    private double _base; // the first value: floats hold differences from it, so that 120,000,000 bytes with a noise of 1,000 keep theirs
    private int _samples;
    private float _previous;
    private float _smallestStep;
    private float _short;
    private float _middle;
    private float _long;
    private float _deviation;
    private float _fromRhythm;
    private float _novelties;
    private int _holdOff;
    private int _inBlock;
    private byte _blocks;
    private UsualRange _levels;
    private UsualRange _drifts;
    private UsualRange _changes;
    private UsualRange _rhythms;
    private DayRhythm _day;

    /// <summary>What it takes in memory.</summary>
    public static int StateBytes => Unsafe.SizeOf<UnusualWatch>();

    /// <summary>Samples heard so far.</summary>
    public readonly int Samples => _samples;

    /// <summary>Judges a value by what came before it, and learns it.</summary>
    /// <param name="value">In the reading's own unit.</param>
    /// <param name="atMs">When it was read, Unix milliseconds; only its time of day counts. UTC will do; a local time follows a change of the clocks.</param>
    /// <param name="limits">The same from one call to the next; changed ones are followed at the speed of the time constants.</param>
    /// <returns>Null: refused, and nothing learned. The value is not a number, infinite, or beyond ±10³⁰.</returns>
    public UnusualVerdict? Hear(double value, long atMs, UnusualLimits limits)
    {
        if (!(Math.Abs(value) <= MostMagnitude)) return null;
        if (_samples == 0) _base = value;
        var x = value - _base;
        var stretch = limits.Stretch;
        var floor = Floor(x, limits);

        // The statistics. Means move by what is clipped, the deviation by what is not.
        var before = (double)_long;
        var level = x - before;
        _short += (float)(Gain(limits.ShortSamples * stretch) * (x - _short));
        _middle += (float)(Gain(limits.MiddleSamples * stretch) * Clipped(x - _middle, limits));
        _long += (float)(Gain(limits.LongSamples * stretch) * Clipped(level, limits));
        _deviation += (float)(Gain(limits.LongSamples * stretch) * (Math.Abs(x - _long) - _deviation));
        var halfHour = DayRhythm.HalfHour(atMs);
        var usual = _day.At(halfHour) ?? before;
        _fromRhythm += (float)(Gain(limits.RhythmSamples * stretch) * (x - usual - _fromRhythm));
        _day.Learn(halfHour, usual, Clipped(x - usual, limits), limits.HalfHourSamples * stretch);

        // The largest excess of the four.
        var worst = default(UnusualVerdict);
        Judge(ref _levels, UnusualAspect.Level, level, before, floor, ref worst, limits);
        Judge(ref _drifts, UnusualAspect.Drift, _middle, 0, floor, ref worst, limits);
        Judge(ref _changes, UnusualAspect.Change, (double)_short - _middle, _middle, floor, ref worst, limits);
        Judge(ref _rhythms, UnusualAspect.Rhythm, _fromRhythm, usual, floor, ref worst, limits);
        EndBlock(limits);
        return worst with { Score = Score(Math.Min(LargestExcess, worst.Score), limits) };
    }

    private double Floor(double x, UnusualLimits limits)
    {
        // By the steps before this one: a first jump must not be taken for the resolution.
        var resolution = limits.Resolution ?? _smallestStep;
        var step = (float)Math.Abs(x - _previous);
        if (step > 0 && (_smallestStep == 0 || step < _smallestStep)) _smallestStep = step;
        _previous = (float)x;
        return Math.Max(limits.FloorSteps * resolution, float.Epsilon);
    }

    /// <summary>An exponential mean's gain, a plain mean's at the beginning.</summary>
    private readonly double Gain(double samples) => Math.Max(1 / samples, 1.0 / (_samples + 1.0));

    private readonly double Clipped(double move, UnusualLimits limits)
    {
        if (_samples <= ClipAfterSamples) return move;
        var most = limits.ClipDeviations * _deviation;
        return Math.Clamp(move, -most, most);
    }

    /// <param name="y">The statistic.</param>
    /// <param name="zero">What it is a difference from, so that the verdict is in the reading's unit.</param>
    private readonly void Judge(ref UsualRange range, UnusualAspect aspect, double y, double zero, double floor, ref UnusualVerdict worst, UnusualLimits limits)
    {
        if (_samples == 0) range.Begin(y);
        if (_samples < RangeSamples) range.Cover(y);
        else
        {
            var excess = range.Outside(y) / (range.Width + floor);
            if (excess > worst.Score) worst = new(excess, aspect, _base + zero + y, _base + zero + range.Low, _base + zero + range.High);
            range.Learn(y, limits.RelaxPerSample / limits.Stretch, limits.Overshoot);
        }
        range.AddToBlock(y, isFirst: _inBlock == 0);
    }

    private void EndBlock(UnusualLimits limits)
    {
        // The first sample is a block of its own: the means must stand somewhere.
        if (++_inBlock < limits.BlockSamples * limits.Stretch && _samples > 0) return;
        if (_blocks < MeanBlocks) _blocks++;
        _levels.EndBlock(1.0 / _blocks);
        _drifts.EndBlock(1.0 / _blocks);
        _changes.EndBlock(1.0 / _blocks);
        _rhythms.EndBlock(1.0 / _blocks);
        _inBlock = 0;
    }

    private double Score(double excess, UnusualLimits limits)
    {
        var (stretch, threshold) = (limits.Stretch, limits.Threshold);
        excess *= _samples / (_samples + (limits.WarmUpSamples * stretch));
        var believed = excess / (1 + (_novelties / 2));
        _novelties *= (float)(1 - (1 / (limits.HabituationSamples * stretch)));
        if (excess > threshold) _novelties++;
        if (_samples < int.MaxValue) _samples++;
        if (_holdOff > 0)
        {
            _holdOff--;
            return 0;
        }
        if (believed >= threshold) _holdOff = (int)(limits.HoldOffSamples * stretch);
        return believed / (believed + threshold);
    }

    internal void Codec(ref StateCodec codec)
    {
        codec.Field(ref _base);
        codec.Field(ref _samples);
        codec.Field(ref _previous);
        codec.Field(ref _smallestStep);
        codec.Field(ref _short);
        codec.Field(ref _middle);
        codec.Field(ref _long);
        codec.Field(ref _deviation);
        codec.Field(ref _fromRhythm);
        codec.Field(ref _novelties);
        codec.Field(ref _holdOff);
        codec.Field(ref _inBlock);
        codec.Field(ref _blocks);
        _levels.Codec(ref codec);
        _drifts.Codec(ref codec);
        _changes.Codec(ref codec);
        _rhythms.Codec(ref codec);
        _day.Codec(ref codec);
    }
}
