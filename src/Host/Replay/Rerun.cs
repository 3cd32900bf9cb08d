using Fleet.Grains;
using Fleet.Grains.Faults;
using Fleet.Grains.Reports;
using Fleet.Grains.Rules;
using Fleet.Grains.Terminals;

namespace Fleet.Host.Replay;

/// <summary>
/// One terminal lived again: its stored reports under thresholds and rules that may be others than those it had then. Time
/// passes between the reports as it did: whatever would have been found in a silence is found.
/// </summary>
internal sealed class Rerun
{
    private readonly ReportReader _reader = new();
    private readonly Terminal _terminal;
    private readonly List<Finding> _findings = [];
    private long _read;

    public Rerun(string serial, TerminalProfile profile, FaultLimits limits, RuleSet rules)
    {
        _terminal = new(serial, limits) { Profile = profile };
        _terminal.Follow(rules, atMs: 0, _findings);
    }

    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>How many payloads were no reports.</summary>
    public int Refused { get; private set; }

    /// <param name="payload">A report of docs/wire.md.</param>
    /// <param name="atMs">When it is taken to have arrived, Unix ms; not before the one before.</param>
    public void Hear(ReadOnlySpan<byte> payload, long atMs)
    {
        Pass(atMs);
        if (_reader.Read(payload, _terminal.Serial, Section.Report, atMs, ++_read, out var report) != Refusal.None) Refused++;
        else _terminal.Apply(new(InputKind.Report, atMs, report), _findings);
    }

    /// <summary>There are no more reports: time passes up to then, or as long as silence is no fault, for who has stored no more may have heard more.</summary>
    public void End(long? untilMs) => Pass(untilMs ?? _terminal.HeardAtMs + _terminal.SilentAfterMs);

    /// <summary>Nothing was heard up to then.</summary>
    private void Pass(long untilMs)
    {
        for (var due = _terminal.DueAtMs; due != 0 && due < untilMs;)
        {
            _terminal.Apply(new(InputKind.Tick, due, HeardAtMs: _terminal.HeardAtMs), _findings);
            var next = _terminal.DueAtMs;
            due = next > due ? next : 0; // one that does not move on has nothing to say
        }
    }
}
