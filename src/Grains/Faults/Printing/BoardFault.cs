using System.Collections.Immutable;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>board-fault</c>: the printer's voltage is low on mains for a hold time that may end without another message; or the
/// fault of the print head or of the adapter came back and back after it was mended, which no telemetry says but the
/// fault's end. While the adapter is at fault a low voltage is its own; on battery it is a low charge's.
/// </summary>
internal struct BoardFault : ITimedDetector
{
    private HeldAlarm _alarm;
    private Returning _head;
    private Returning _adapter;
    private bool _isVoltageLow;

    public static string Name => "board-fault";

    public readonly Alarm Alarm => _alarm.Alarm;

    public void Hear(in Hearing hearing)
    {
        var limits = hearing.Limits.Board;
        _head.See(hearing.IsRaised<PrintHeadFault>(), hearing.AtMs, limits.ReturnsWithin);
        _adapter.See(hearing.IsRaised<AdapterFault>(), hearing.AtMs, limits.ReturnsWithin);
        var state = hearing.Report.Printer?.State ?? PrinterState.Unknown;
        if (hearing.Learned.Battery.Source == PowerSource.Battery || hearing.IsRaised<AdapterFault>()) _isVoltageLow = false;
        else if (state != PrinterState.Unknown) _isVoltageLow = state == PrinterState.VoltageLow && hearing.Learned.Battery.Source == PowerSource.Mains;

        var outlives = IsBack(limits);
        _alarm.See(_isVoltageLow || outlives, hearing.AtMs);
        // What came back often enough has been held by that.
        if (outlives && !_alarm.IsRaised) _alarm.Turn(Name, hearing, Evidence(hearing));
        else TurnWhereDue(hearing);
    }

    public void Tick(in Hearing hearing) => TurnWhereDue(hearing);

    public readonly long DueAtMs(FaultLimits limits) => _alarm.TurnsAtMs(limits.Board.HoldFor, limits.Board.ClearFor);

    private readonly bool IsBack(BoardLimits limits) =>
        (_head.IsThere && _head.Returns >= limits.Returns) || (_adapter.IsThere && _adapter.Returns >= limits.Returns);

    private void TurnWhereDue(in Hearing hearing)
    {
        var dueAtMs = DueAtMs(hearing.Limits);
        if (dueAtMs == 0 || hearing.AtMs < dueAtMs) return;
        var wasRaised = _alarm.IsRaised;
        _alarm.Turn(Name, hearing, Evidence(hearing));
        if (wasRaised) (_head, _adapter) = (default, default); // what comes now has a new count
    }

    private readonly ImmutableArray<Evidence> Evidence(in Hearing hearing)
    {
        var evidence = ImmutableArray.CreateBuilder<Evidence>();
        if (_isVoltageLow) evidence.Add(new("sign", Text: "voltage low on mains"));
        else if (IsBack(hearing.Limits.Board)) evidence.Add(new("sign", Text: "fault outlives its repair"));
        if (_head.Returns > 0) evidence.Add(new("printHeadFaultReturns", _head.Returns));
        if (_adapter.Returns > 0) evidence.Add(new("adapterFaultReturns", _adapter.Returns));
        if (hearing.Report.Power?.Volts is { } volts) evidence.Add(new("volts", volts));
        return evidence.ToImmutable();
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        _head.Codec(ref codec);
        _adapter.Codec(ref codec);
        codec.Field(ref _isVoltageLow);
    }

    /// <summary>How often in a row a fault was back soon after it had gone.</summary>
    private struct Returning
    {
        private bool _isThere;
        private byte _returns;

        /// <summary>When it was last there, Unix ms; 0 for never.</summary>
        private Moment _lastAtMs;

        public readonly bool IsThere => _isThere;
        public readonly int Returns => _returns;

        public void See(bool isThere, long atMs, TimeSpan within)
        {
            if (isThere && !_isThere && _lastAtMs != 0)
                _returns = atMs - _lastAtMs <= within.TotalMilliseconds ? (byte)Math.Min(byte.MaxValue, _returns + 1) : (byte)0;
            if (isThere) _lastAtMs = Math.Max(1, atMs);
            _isThere = isThere;
        }

        public void Codec(ref StateCodec codec)
        {
            codec.Field(ref _isThere);
            codec.Field(ref _returns);
            codec.Field(ref _lastAtMs);
        }
    }
}
