namespace Fleet.Simulator.Terminals;

/// <summary>
/// Radio at one place: readings wander around the place's mean as an Ornstein-Uhlenbeck process, so neighbouring readings
/// resemble each other, and never leave three standard deviations: a healthy place must not alarm by chance.
/// </summary>
internal sealed class RadioPlace(double rsrpDbm, double snrDb, Random random)
{
    private const double RsrpDeviationDb = 3, SnrDeviationDb = 1.5, Bound = 3;
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(2);

    // Poor at best, at three deviations: -115 + 9 < -105 dBm, and -4 + 4.5 < 1 dB.
    private const double ShadowedRsrpDbm = -115, ShadowedSnrDb = -4;

    // In standard deviations.
    private double _rsrp, _snr;

    public bool IsShadowed { get; set; }

    public double RsrpDbm => Math.Round((IsShadowed ? ShadowedRsrpDbm : rsrpDbm) + RsrpDeviationDb * _rsrp);

    public double SnrDb => Math.Round((IsShadowed ? ShadowedSnrDb : snrDb) + SnrDeviationDb * _snr, 1);

    /// <summary>RSSI covers the whole carrier: 50 resource blocks of 12 subcarriers are 28 dB above one, less what is idle.</summary>
    public double RssiDbm => Math.Min(-40, RsrpDbm + 24);

    public double RsrqDb => Math.Round(-10 + _snr);

    public void Advance(TimeSpan step)
    {
        var kept = Math.Exp(-step / s_memory);
        _rsrp = Next(_rsrp, kept);
        _snr = Next(_snr, kept);
    }

    private double Next(double value, double kept) =>
        Math.Clamp(kept * value + Math.Sqrt(1 - kept * kept) * random.NextGaussian(), -Bound, Bound);
}
