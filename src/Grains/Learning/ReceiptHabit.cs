using System.Runtime.InteropServices;
using Fleet.Grains.Faults;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Learning;

/// <summary>
/// How many receipts a terminal prints per payment (none, one, a copy for the shop, as the customer likes) and how much
/// that varies: moving averages over batches of payments. 12 bytes.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct ReceiptHabit
{
    /// <summary>A single batch's variance is a rough guess; how much it may weigh against what is known.</summary>
    private const double LargestSquare = 16;

    private float _perPayment;

    /// <summary>Variance of a batch's receipts over the receipts expected.</summary>
    private float _dispersion;
    private byte _batches;

    public readonly double PerPayment => _perPayment;

    public readonly bool IsKnown(ReceiptLimits limits) => _batches >= limits.BatchesToLearn;

    /// <summary>By how many standard deviations a batch departs; above 0 are more receipts than usual.</summary>
    public readonly double Departure(double receipts, double payments, ReceiptLimits limits) =>
        (receipts - (_perPayment * payments)) / Math.Sqrt(Math.Max(limits.LeastDispersion, _dispersion) * Expected(payments));

    public void Learn(double receipts, double payments, ReceiptLimits limits)
    {
        if (_batches == 0) (_perPayment, _dispersion) = ((float)(receipts / payments), 1);
        var weight = 1 / Math.Min(limits.MemoryBatches, _batches + 1d);
        var departure = receipts - (_perPayment * payments);
        var square = Math.Min(LargestSquare, departure * departure / Expected(payments));
        _perPayment += (float)(weight * departure / payments);
        // It starts as Poisson's and is never forgotten at once.
        _dispersion += (float)(Math.Min(weight, 0.2) * (square - _dispersion));
        _batches = (byte)Math.Min(byte.MaxValue, _batches + 1);
    }

    /// <summary>Receipts expected; a shop that prints next to none is not surprised by a few.</summary>
    private readonly double Expected(double payments) => Math.Max(0.05, _perPayment) * payments;

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _perPayment);
        codec.Field(ref _dispersion);
        codec.Field(ref _batches);
    }
}
