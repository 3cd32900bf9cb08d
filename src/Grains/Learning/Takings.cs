using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Learning;

/// <summary>
/// What a terminal usually takes: payments in an hour of trade, by two hours of the day in UTC, and how much one is. So
/// it is known what an hour without it costs its shop.
/// <para>
/// Of each two hours the mean over some three weeks of trade, on a logarithmic scale of 3.5 % a step. What a day changes
/// is mostly less than a step: it is rounded up or down by turns, for always to the nearest the level would stand still.
/// An hour that was not watched from end to end teaches nothing, or an outage would make itself look cheap. 19 bytes.
/// </para>
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Takings : IPart
{
    private const long HourMs = 3_600_000;
    private const int HoursOfDay = 24, DaysOfWeek = 7;
    private const int HoursOfBand = 2;
    private const int Bands = HoursOfDay / HoursOfBand;

    /// <summary>After a longer silence nobody knows what could have been sold in it.</summary>
    private const long LongestGapMs = HourMs / 2;

    /// <summary>In about so many bands a shop trades; and a band has two hours a day, so that 255 hours are 32 of each, three weeks.</summary>
    private const double BandsOfTrade = 8;

    /// <summary>So many hours make a mean believable: a week of a shop's.</summary>
    private const int HoursToKnow = 40;

    // A level is 1 + 20 log2(1 + 8 payments an hour), 0 for none: up to 831 an hour.
    private const double StepsToDouble = 20;
    private const double Zoom = 8;

    /// <summary>Multiples of the golden ratio lie evenly between 0 and 1, and so do those of it times 24.</summary>
    private const double Turn = 0.618_033_988_749_894_8;

    private const double PaymentsToRemember = 128;

    /// <summary>Payments that waited for their link are approved together, and were counted as takings before: a report weighs no more than so many.</summary>
    private const long MostAtOnce = 4;

    [InlineArray(Bands)]
    private struct Levels
    {
        private byte _first;
    }

    private Levels _levels;

    /// <summary>In the currency's minor unit; 0 while none is known.</summary>
    private float _perPayment;

    /// <summary>One more than the payments of the hour under way; 0 where that was not watched from its beginning.</summary>
    private ushort _soFar;

    /// <summary>How many hours were learned, up to 255: what the mean may weigh against the next.</summary>
    private byte _hours;

    public static string Name => "takings";

    /// <summary>How much a payment is, in the currency's minor unit; null where no report had amounts.</summary>
    public readonly double? PerPayment => _perPayment > 0 ? Math.Round(_perPayment) : null;

    /// <summary>A new report, before <paramref name="hours"/> hears of it.</summary>
    /// <param name="atMs">The report's time by our clock, Unix ms.</param>
    public void Hear(long atMs, in Growth growth, in TradingHours hours)
    {
        var hour = atMs / HourMs;
        if (growth.WentBack || hour < hours.Hour || atMs - hours.HeardAtMs > LongestGapMs) _soFar = 0;
        if (hour > hours.Hour)
        {
            if (_soFar > 0) Learn(hours.Hour, _soFar - 1, hours);
            _soFar = (ushort)(growth.WentBack || atMs - hours.HeardAtMs > LongestGapMs ? 0 : 1);
        }
        if (_soFar > 0) _soFar = (ushort)Math.Min(ushort.MaxValue, _soFar + Math.Min(growth.Approved, ushort.MaxValue));
        if (growth is { WentBack: false, Approved: > 0, Amount: > 0 }) LearnAmount(growth);
    }

    /// <summary>Payments in an hour at this time; null while that is not known.</summary>
    public readonly double? PaymentsPerHour(long atMs, in TradingHours hours)
    {
        if (_hours < HoursToKnow || !hours.IsKnown) return null;
        return hours.IsOpen(atMs) ? Math.Round(Value(_levels[Band(atMs / HourMs)]), 1) : 0;
    }

    /// <summary>The same for each hour of the day in UTC, of the days on which it trades then.</summary>
    public readonly double[]? PaymentsByHour(in TradingHours hours)
    {
        if (PaymentsPerHour(0, hours) is null) return null;
        var byHour = new double[HoursOfDay];
        for (var hour = 0; hour < DaysOfWeek * HoursOfDay; hour++)
            byHour[hour % HoursOfDay] = Math.Max(byHour[hour % HoursOfDay], PaymentsPerHour(hour * HourMs, hours) ?? 0);
        return byHour;
    }

    /// <summary>What an hour without the terminal costs its shop at this time; nothing while that is not known.</summary>
    public readonly ImmutableArray<Evidence> Evidence(long atMs, in TradingHours hours)
    {
        if (PaymentsPerHour(atMs, hours) is not { } payments) return [];
        return PerPayment is { } amount
            ? [new("usualPaymentsPerHour", payments), new("usualAmountPerHour", Math.Round(payments * amount))]
            : [new("usualPaymentsPerHour", payments)];
    }

    private void Learn(long hour, int payments, in TradingHours hours)
    {
        // While nobody knows when the shop is open, an hour without a payment may be a closed one.
        if (hours.IsKnown ? !hours.IsOpen(hour * HourMs) : payments == 0) return;
        ref var level = ref _levels[Band(hour)];
        var mean = level == 0 ? payments : Value(level) + ((payments - Value(level)) / (1 + (_hours / BandsOfTrade)));
        level = Level(mean, hour * Turn % 1);
        _hours = (byte)Math.Min(byte.MaxValue, _hours + 1);
    }

    private void LearnAmount(in Growth growth)
    {
        var amount = (double)growth.Amount / growth.Approved;
        _perPayment = (float)(_perPayment == 0 ? amount : _perPayment + (Math.Min(growth.Approved, MostAtOnce) / PaymentsToRemember * (amount - _perPayment)));
    }

    private static int Band(long hour) => (int)(hour % HoursOfDay) / HoursOfBand;

    private static double Value(byte level) => level == 0 ? 0 : (Math.Pow(2, (level - 1) / StepsToDouble) - 1) / Zoom;

    /// <param name="turn">0 to 1: the rest from which it is rounded up, turned round.</param>
    private static byte Level(double payments, double turn) =>
        (byte)Math.Clamp(Math.Floor(1 + (StepsToDouble * Math.Log2(1 + (Zoom * payments))) + turn), 1, byte.MaxValue);

    public void Codec(ref StateCodec codec)
    {
        for (var band = 0; band < Bands; band++) codec.Field(ref _levels[band]);
        codec.Field(ref _perPayment);
        codec.Field(ref _soFar);
        codec.Field(ref _hours);
    }
}
