using System.Runtime.InteropServices;
using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// The test of one decline code: do hosts answer with it more than they usually do at this terminal? The sequential
/// test of <see cref="ReaderTrial"/>, payment by payment. Its usual share is a moving average that starts from the
/// prior, and is given. 12 bytes.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct DeclineTrial
{
    /// <summary>A code that never came yet will come some day.</summary>
    private const double LeastUsual = 0.002;

    /// <summary>Log likelihood ratio for a spike, or while it is raised, against it.</summary>
    private float _evidence;

    /// <summary>When the evidence began; while a spike is raised, when the code last came.</summary>
    private uint _atSeconds;
    private Tally _declined, _payments;

    /// <summary>Takes in some payments; true when the test is sure of the opposite of <paramref name="isSpike"/>.</summary>
    public bool Hear(long declined, long payments, ref float usual, bool isSpike, long atMs, DeclineLimits limits)
    {
        var forSpike = LogRatio(declined, payments, Believed(usual, limits), limits);
        if (isSpike ? declined > 0 : _evidence == 0) _atSeconds = (uint)(atMs / 1000);
        _declined.Add(declined);
        _payments.Add(payments);
        return isSpike ? IsOver(forSpike, atMs, limits) : IsSpike(forSpike, ref usual, limits);
    }

    /// <summary>The test starts from nothing; what is usual stays known.</summary>
    public void Forget(long atMs) => (_evidence, _atSeconds, _declined, _payments) = (0, (uint)(atMs / 1000), default, default);

    private bool IsSpike(double forSpike, ref float usual, DeclineLimits limits)
    {
        _evidence = (float)Math.Max(0, _evidence + forSpike);
        if (_evidence > 0) return _evidence >= Math.Log((1 - limits.Missed) / limits.FalseAlarm) && _declined.Count >= limits.Declines;
        if (_payments.Count > 0)
        {
            var memory = limits.MemoryPayments;
            usual = (float)(((Usual(usual, limits) * memory) + _declined.Count) / (memory + _payments.Count));
        }
        this = default;
        return false;
    }

    private bool IsOver(double forSpike, long atMs, DeclineLimits limits)
    {
        _evidence = (float)Math.Max(0, _evidence - forSpike);
        return _evidence >= Math.Log((1 - limits.FalseAlarm) / limits.Missed)
            || (atMs / 1000) - _atSeconds >= limits.QuietFor.TotalSeconds;
    }

    private static double Usual(float usual, DeclineLimits limits) => usual == 0 ? limits.PriorShare : usual;

    /// <param name="usual">The share that is learned; 0 while nothing was.</param>
    private static double Believed(float usual, DeclineLimits limits) => Math.Clamp(Usual(usual, limits), LeastUsual, limits.LargestUsualShare);

    private static double LogRatio(long declined, long payments, double usual, DeclineLimits limits)
    {
        if (payments == 0) return 0;
        var spike = Math.Max(limits.SpikeShare, limits.SpikeRatio * usual);
        return (declined * Math.Log(spike / usual)) + ((payments - declined) * Math.Log((1 - spike) / (1 - usual)));
    }

    public readonly Evidence[] Evidence(bool isSpike, float usual, DeclineLimits limits) =>
    [
        new("declined", _declined.Count),
        new("payments", _payments.Count),
        new(isSpike ? "sinceMs" : "lastDeclineMs", _atSeconds * 1000d),
        new("usualPercent", Math.Round(100 * Believed(usual, limits), 1)),
    ];

    public void Codec(ref StateCodec codec)
    {
        codec.Former(sizeof(float)); // what was usual
        codec.Field(ref _evidence);
        codec.Field(ref _atSeconds);
        _declined.Codec(ref codec);
        _payments.Codec(ref codec);
    }
}
