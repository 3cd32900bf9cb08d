using System.Runtime.InteropServices;
using Fleet.Grains.Learning;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// The test of one decline code: do hosts answer with it more than they usually do at this terminal? The sequential
/// test of <see cref="ReaderTrial"/>, payment by payment. Its usual share is a moving average that starts from the
/// prior. 16 bytes.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct DeclineTrial
{
    /// <summary>A code that never came yet will come some day.</summary>
    private const double LeastUsual = 0.002;

    /// <summary>0 while nothing was learned.</summary>
    private float _usual;

    /// <summary>Log likelihood ratio for a spike, or while it is raised, against it.</summary>
    private float _evidence;

    /// <summary>When the evidence began; while a spike is raised, when the code last came.</summary>
    private uint _atSeconds;
    private Tally _declined, _payments;

    /// <summary>Takes in some payments; true when the test is sure of the opposite of <paramref name="isSpike"/>.</summary>
    public bool Hear(long declined, long payments, bool isSpike, long atMs, DeclineLimits limits)
    {
        var forSpike = LogRatio(declined, payments, limits);
        if (isSpike ? declined > 0 : _evidence == 0) _atSeconds = (uint)(atMs / 1000);
        _declined.Add(declined);
        _payments.Add(payments);
        return isSpike ? IsOver(forSpike, atMs, limits) : IsSpike(forSpike, atMs, limits);
    }

    /// <summary>The test starts from nothing; what is usual stays known.</summary>
    public void Forget(long atMs) => (_evidence, _atSeconds, _declined, _payments) = (0, (uint)(atMs / 1000), default, default);

    private bool IsSpike(double forSpike, long atMs, DeclineLimits limits)
    {
        _evidence = (float)Math.Max(0, _evidence + forSpike);
        if (_evidence > 0) return _evidence >= Math.Log((1 - limits.Missed) / limits.FalseAlarm) && _declined.Count >= limits.Declines;
        if (_payments.Count == 0) return false;
        var memory = limits.MemoryPayments;
        _usual = (float)(((Usual(limits) * memory) + _declined.Count) / (memory + _payments.Count));
        Forget(atMs);
        return false;
    }

    private bool IsOver(double forSpike, long atMs, DeclineLimits limits)
    {
        _evidence = (float)Math.Max(0, _evidence - forSpike);
        return _evidence >= Math.Log((1 - limits.FalseAlarm) / limits.Missed)
            || (atMs / 1000) - _atSeconds >= limits.QuietFor.TotalSeconds;
    }

    private readonly double Usual(DeclineLimits limits) => _usual == 0 ? limits.PriorShare : _usual;

    private readonly double Believed(DeclineLimits limits) => Math.Clamp(Usual(limits), LeastUsual, limits.LargestUsualShare);

    private readonly double LogRatio(long declined, long payments, DeclineLimits limits)
    {
        if (payments == 0) return 0;
        var usual = Believed(limits);
        var spike = Math.Max(limits.SpikeShare, limits.SpikeRatio * usual);
        return (declined * Math.Log(spike / usual)) + ((payments - declined) * Math.Log((1 - spike) / (1 - usual)));
    }

    public readonly Evidence[] Evidence(bool isSpike, DeclineLimits limits) =>
    [
        new("declined", _declined.Count),
        new("payments", _payments.Count),
        new(isSpike ? "sinceMs" : "lastDeclineMs", _atSeconds * 1000d),
        new("usualPercent", Math.Round(100 * Believed(limits), 1)),
    ];

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _usual);
        codec.Field(ref _evidence);
        codec.Field(ref _atSeconds);
        _declined.Codec(ref codec);
        _payments.Codec(ref codec);
    }
}
