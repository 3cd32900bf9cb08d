using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Fleet.Grains.Learning;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>moved-or-stolen</c>: the terminal is away from its <see cref="Home"/>, by more than its fixes may err, in at least
/// two of them and for a hold time that ends without a further word. An exchanged SIM, tampering and a cell it was never
/// in support that and shorten the hold; none of them raises it, so a carrier that gives its cells other names is
/// nothing. A move that the registry tells (another site) begins anew, and so does a place it has stayed at for long.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct MovedOrStolen : ITimedDetector
{
    private const int FixesToBelieve = 2;

    [Flags]
    private enum Support : byte { None = 0, Sim = 1, Tamper = 2, Cell = 4 }

    private Alarm _alarm;
    private Home _home;

    /// <summary>Of the registry's site; 0 while it names none.</summary>
    private uint _site;

    private Place _seen;
    private float _accuracyMetres;
    private uint _awaySinceSeconds;

    /// <summary>How many fixes in a row say the opposite of what was believed, or have raised it.</summary>
    private byte _fixes;
    private byte _support;

    public static string Name => "moved-or-stolen";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        var limits = hearing.Limits.MovedOrStolen;
        HearSite(hearing);
        var signal = hearing.Report.Signal;
        if (Fix(hearing.Report.Security, limits) is { } fix) Hear(fix.Place, fix.AccuracyMetres, signal?.Cell, hearing);
        NoteSupport(signal?.Cell, hearing);
        Tick(hearing);
    }

    public readonly long DueAtMs(FaultLimits limits) => _awaySinceSeconds == 0 || _alarm.IsRaised || _fixes < FixesToBelieve
        ? 0
        : (_awaySinceSeconds * 1000L) + (long)(_support == 0 ? limits.MovedOrStolen.HoldFor : limits.MovedOrStolen.HoldWithSupport).TotalMilliseconds;

    public void Tick(in Hearing hearing)
    {
        if (DueAtMs(hearing.Limits) is not (> 0 and var dueAtMs) || hearing.AtMs < dueAtMs) return;
        hearing.Raise(Name, ref _alarm, dueAtMs, Evidence());
        _fixes = 0;
    }

    /// <summary>A site that the registry names for the first time, or another one, is a move that is known.</summary>
    private void HearSite(in Hearing hearing)
    {
        if (hearing.Profile.Site is not { Length: > 0 } site || Fingerprint.Short(site) is var print && print == _site) return;
        _site = print;
        Forget(hearing);
    }

    private void Forget(in Hearing hearing)
    {
        if (_alarm.IsRaised) hearing.Clear(Name, ref _alarm, Evidence());
        (_home, _awaySinceSeconds, _fixes, _support) = (default, 0, 0, 0);
    }

    private static (Place Place, double AccuracyMetres)? Fix(Security? security, MovedOrStolenLimits limits)
    {
        // Receivers without a fix say 0, 0, which is in the sea.
        if (security is not { Latitude: { } latitude, Longitude: { } longitude } || (latitude, longitude) == (0, 0)) return null;
        var accuracy = security.AccuracyMetres ?? limits.UsualAccuracyMetres;
        return accuracy > limits.WorstAccuracyMetres ? null : (new(latitude, longitude), accuracy);
    }

    private void Hear(Place place, double accuracyMetres, string? cell, in Hearing hearing)
    {
        var limits = hearing.Limits.MovedOrStolen;
        (_seen, _accuracyMetres) = (place, (float)accuracyMetres);
        var (metres, errMetres) = (place.MetresTo(_home.Place), limits.Accuracies * accuracyMetres);
        var isAway = metres - errMetres > limits.AwayMetres;
        if (!_home.IsKnown(limits)) _home.Learn(place, isHere: !isAway, hearing.AtMs);
        else if (isAway) Leave(hearing);
        else if (metres - errMetres <= limits.BackMetres) Return(place, hearing);
        if (_awaySinceSeconds == 0 && !isAway) _home.LearnCell(cell);
    }

    private void Leave(in Hearing hearing)
    {
        if (_alarm.IsRaised)
        {
            _fixes = 0;
            if (hearing.AtMs - _alarm.RaisedAtMs >= hearing.Limits.MovedOrStolen.AcceptAfter.TotalMilliseconds) Forget(hearing);
            return;
        }
        if (_awaySinceSeconds == 0) _awaySinceSeconds = (uint)(hearing.AtMs / 1000);
        _fixes = (byte)Math.Min(FixesToBelieve, _fixes + 1);
    }

    private void Return(Place place, in Hearing hearing)
    {
        if (_alarm.IsRaised)
        {
            if (++_fixes < FixesToBelieve) return;
            hearing.Clear(Name, ref _alarm, Evidence());
        }
        (_awaySinceSeconds, _fixes, _support) = (0, 0, 0);
        _home.Learn(place, isHere: true, hearing.AtMs);
    }

    private void NoteSupport(string? cell, in Hearing hearing)
    {
        if (_awaySinceSeconds == 0) return;
        var support = (hearing.IsRaised<SimSwapped>() ? Support.Sim : 0)
            | (hearing.IsRaised<Tamper>() ? Support.Tamper : 0)
            | (_home.Knows(cell) ? 0 : Support.Cell);
        var more = (byte)(_support | (byte)support);
        if (more == _support) return;
        _support = more;
        if (_alarm.IsRaised) hearing.Change(Name, _alarm, Evidence());
    }

    private readonly ImmutableArray<Evidence> Evidence() =>
    [
        new("metres", Math.Round(_seen.MetresTo(_home.Place))),
        new("accuracyMetres", Math.Round(_accuracyMetres)),
        new("lat", _seen.Latitude),
        new("lon", _seen.Longitude),
        new("usualLat", _home.Place.Latitude),
        new("usualLon", _home.Place.Longitude),
        new("sinceMs", _awaySinceSeconds * 1000d),
        new("simSwapped", Text: Said(Support.Sim)),
        new("tamper", Text: Said(Support.Tamper)),
        new("unknownCell", Text: Said(Support.Cell)),
    ];

    private readonly string Said(Support support) => (_support & (byte)support) != 0 ? "yes" : "no";

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        _home.Codec(ref codec);
        codec.Field(ref _site);
        _seen.Codec(ref codec);
        codec.Field(ref _accuracyMetres);
        codec.Field(ref _awaySinceSeconds);
        codec.Field(ref _fixes);
        codec.Field(ref _support);
    }
}
