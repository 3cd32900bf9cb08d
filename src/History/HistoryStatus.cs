using Microsoft.Extensions.Logging;

namespace Fleet.History;

/// <summary>What /health/ready says of the history.</summary>
/// <param name="LastRefusal">The database's words when it last refused points for good.</param>
public sealed record HistoryStatus(bool Ok, string Detail, string? LastRefusal = null);

/// <summary>How the writing goes: the status others read, and the log lines that belong to its changes.</summary>
internal sealed class HistoryHealth(string target, TimeProvider time, ILogger log)
{
    private const int LongestReason = 300;
    // A fleet whose firmware sends one bad field would otherwise write a log line with every batch.
    private static readonly TimeSpan s_sameRefusalAgain = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private int _failures;
    private long _refused;
    private long _refusalSaidAt;
    private HistoryStatus _status = new(true, $"{target}: nothing written yet");

    public HistoryStatus Status => Volatile.Read(ref _status);

    /// <summary>Failed attempts since the last good one, of all writers.</summary>
    public int Failures => Volatile.Read(ref _failures);

    public void Written()
    {
        lock (_gate)
        {
            if (_failures > 0) HistoryLog.WrittenAgain(log, _failures);
            _failures = 0;
            _status = _status with { Ok = true, Detail = $"{target}: written" };
        }
    }

    public void Failed(in WriteOutcome outcome, TimeSpan wait)
    {
        var reason = Shortened(outcome.Reason);
        HistoryMetrics.Retries.Add(1);
        lock (_gate)
        {
            _failures++;
            _status = _status with { Ok = false, Detail = $"{target}: {reason}" };
            if (outcome.NeedsOperator) HistoryLog.WaitsForOperator(log, reason, _failures, wait);
            else HistoryLog.Waits(log, reason, _failures, wait);
        }
    }

    public void Refused(int points, string? why)
    {
        var reason = Shortened(why);
        HistoryMetrics.Refused(points);
        lock (_gate)
        {
            _refused += points;
            var now = time.GetTimestamp();
            var said = reason == _status.LastRefusal && time.GetElapsedTime(_refusalSaidAt, now) < s_sameRefusalAgain;
            _status = _status with { LastRefusal = reason };
            if (said) return;
            _refusalSaidAt = now;
            HistoryLog.Refused(log, points, _refused, reason);
        }
    }

    private static string Shortened(string? reason) =>
        reason is null ? "no reason given" : reason.Length <= LongestReason ? reason : reason[..LongestReason] + "…";
}
