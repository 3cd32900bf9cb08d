using Fleet.Grains.Reports;

namespace Fleet.Grains.Faults;

/// <summary>How good a signal is, in Android's classes.</summary>
internal enum SignalClass : byte { None, Poor, Moderate, Good, Great }

/// <summary>Where a reading lies for the alarm.</summary>
internal enum SignalZone : byte { Weak, Between, Clear }

/// <summary>A usable reading of a cellular signal: its class, and its zone.</summary>
/// <remarks>
/// Thresholds are Android's (CarrierConfigManager): LTE and NR by the worse of RSRP and SNR, GSM and UMTS by RSSI. A
/// radio that does not say which it is is judged by what it measures.
/// </remarks>
internal readonly record struct SignalReading(SignalClass Class, SignalZone Zone)
{
    private const double ModerateRsrpDbm = -105;
    private const double ModerateSnrDb = 1;
    private const double ModerateRssiDbm = -103;

    /// <summary>The reading in a report, or none: no cellular link, or nothing measured.</summary>
    public static SignalReading? Of(Signal? signal, WeakSignalLimits limits)
    {
        if (signal is null || signal.Link is not (null or Link.Cellular)) return null;
        var isLte = signal.Rat switch
        {
            Rat.Lte or Rat.Nr => true,
            Rat.Gsm or Rat.Umts => false,
            _ => signal.RsrpDbm is not null || signal.SnrDb is not null,
        };
        return isLte ? OfLte(signal.RsrpDbm, signal.SnrDb, limits) : OfGsm(signal.RssiDbm, limits);
    }

    private static SignalReading? OfLte(double? rsrpDbm, double? snrDb, WeakSignalLimits limits)
    {
        if (rsrpDbm is null && snrDb is null) return null;
        var byRsrp = rsrpDbm is { } rsrp ? ClassOf(rsrp, -85, -95, ModerateRsrpDbm, -115) : SignalClass.Great;
        var bySnr = snrDb is { } snr ? ClassOf(snr, 13, 4.5, ModerateSnrDb, -3) : SignalClass.Great;
        var hasMargin = !(rsrpDbm < ModerateRsrpDbm + limits.DbmMargin) && !(snrDb < ModerateSnrDb + limits.SnrDbMargin);
        return Judge(byRsrp < bySnr ? byRsrp : bySnr, hasMargin);
    }

    private static SignalReading? OfGsm(double? rssiDbm, WeakSignalLimits limits) => rssiDbm is { } rssi
        ? Judge(ClassOf(rssi, -89, -97, ModerateRssiDbm, -107), hasMargin: rssi >= ModerateRssiDbm + limits.DbmMargin)
        : null;

    private static SignalReading Judge(SignalClass signalClass, bool hasMargin) => new(signalClass,
        signalClass <= SignalClass.Poor ? SignalZone.Weak : hasMargin ? SignalZone.Clear : SignalZone.Between);

    private static SignalClass ClassOf(double value, double great, double good, double moderate, double poor) =>
        value >= great ? SignalClass.Great
        : value >= good ? SignalClass.Good
        : value >= moderate ? SignalClass.Moderate
        : value >= poor ? SignalClass.Poor
        : SignalClass.None;
}
