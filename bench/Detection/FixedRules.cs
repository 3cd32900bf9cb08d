using Fleet.Simulator.Shops;

namespace Fleet.Bench.Detection;

/// <summary>
/// The rules an operator would set by hand, each with a hold and a clear: what our detectors are compared with. One per terminal.
/// </summary>
internal struct FixedRules
{
    private const long SilentMs = 180_000, WeakHoldMs = 300_000, FailedWindowMs = 600_000;
    private const int MostFailed = 5;

    private long _heardMs, _weakSinceMs, _windowMs, _failedAtWindow;
    private bool _isSilent, _isWeak, _isPaper, _isBattery, _isReader, _isPrinter;

    public int Alarms { get; private set; }

    public int Visits { get; private set; }

    public void Pass(long nowMs)
    {
        if (_heardMs != 0) Set(ref _isSilent, nowMs - _heardMs >= SilentMs, visit: true);
    }

    public void Hear(in Readings now, long nowMs)
    {
        (_heardMs, _isSilent) = (nowMs, false);
        var isWeak = now.Link == LinkKind.Cellular && now.RsrpDbm < -110;
        if (!isWeak) _weakSinceMs = 0;
        else if (_weakSinceMs == 0) _weakSinceMs = nowMs;
        Set(ref _isWeak, isWeak && nowMs - _weakSinceMs >= WeakHoldMs, visit: false);
        Set(ref _isPaper, now.Paper < 0.1, visit: false);
        Set(ref _isBattery, now.Battery < 0.2, visit: false);
        Set(ref _isPrinter, now.Printer is PrinterSays.Jam or PrinterSays.Malfunction or PrinterSays.VoltageLow, visit: true);
        var failed = now.Swipe.Failed + now.Chip.Failed + now.Tap.Failed;
        if (_windowMs == 0 || nowMs - _windowMs >= FailedWindowMs || failed < _failedAtWindow) (_windowMs, _failedAtWindow, _isReader) = (nowMs, failed, false);
        if (!_isReader) Set(ref _isReader, failed - _failedAtWindow >= MostFailed, visit: true);
    }

    private void Set(ref bool state, bool isTrue, bool visit)
    {
        if (isTrue && !state)
        {
            Alarms++;
            if (visit) Visits++;
        }
        state = isTrue;
    }
}
