using System.Collections.Immutable;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>tamper</c>: the terminal says that it was opened, or that its keys are erased. Raised at the first word of it and
/// without a hold, changed when the other sign joins. A sign that goes away ends it only after days, with the first report
/// then: a terminal that was tampered with is always exchanged, and a ticket that nobody has taken must not close itself in between.
/// </summary>
internal struct Tamper : IDetector
{
    private Alarm _alarm;
    private bool _isOpened, _hasNoKeys;

    /// <summary>Since when no sign stands; 0 while one does.</summary>
    private uint _quietSinceSeconds;

    public static string Name => "tamper";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.Security is { } security && (security.Tamper, security.KeysErased) != (null, null)) Hear(security, hearing);
        if (_quietSinceSeconds == 0 || (hearing.AtMs / 1000) - _quietSinceSeconds < hearing.Limits.Tamper.ClearAfter.TotalSeconds) return;
        hearing.Clear(Name, ref _alarm, Evidence(hearing.Report));
        _quietSinceSeconds = 0;
    }

    private void Hear(Security security, in Hearing hearing)
    {
        var before = (_isOpened, _hasNoKeys);
        (_isOpened, _hasNoKeys) = (security.Tamper ?? _isOpened, security.KeysErased ?? _hasNoKeys);
        var isNewSign = (_isOpened && !before._isOpened) || (_hasNoKeys && !before._hasNoKeys);
        if (_isOpened || _hasNoKeys)
        {
            _quietSinceSeconds = 0;
            if (!_alarm.IsRaised) hearing.Raise(Name, ref _alarm, Evidence(hearing.Report));
            else if (isNewSign) hearing.Change(Name, _alarm, Evidence(hearing.Report));
        }
        else if (_alarm.IsRaised && _quietSinceSeconds == 0) _quietSinceSeconds = (uint)(hearing.AtMs / 1000);
    }

    private readonly ImmutableArray<Evidence> Evidence(Report report) =>
    [
        new("opened", Text: _isOpened ? "yes" : "no"),
        new("keys", Text: _hasNoKeys ? "erased" : "not reported erased"),
        .. report.Payment?.Unsent is { } unsent ? [new Evidence("unsentPayments", unsent)] : Array.Empty<Evidence>(),
    ];

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _isOpened);
        codec.Field(ref _hasNoKeys);
        codec.Field(ref _quietSinceSeconds);
    }
}
