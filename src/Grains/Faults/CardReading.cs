using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>One way of reading cards (swipe, chip or tap): its counters and the two faults told apart by them.</summary>
internal struct CardReading
{
    private ReadCounters _counters;
    private ReaderFault _fault;
    private BadCard _badCard;

    public readonly bool IsFaulty => _fault.Alarm.IsRaised;
    public readonly bool HasBadCard => _badCard.Alarm.IsRaised;

    public void Hear(Reads? reads, string reader, in Hearing hearing, FaultLimits limits)
    {
        var grown = _counters.Grow(reads);
        if (_fault.Hear(grown, hearing.AtMs, limits.Reader) is { } fault)
        {
            hearing.Say(FaultCodes.ReaderFault, fault, _fault.Alarm, _fault.Evidence(reader, limits.Reader));
            _fault.Forget();
        }
        if (_badCard.Hear(grown, IsFaulty, hearing.AtMs, limits.BadCard) is { } card)
        {
            hearing.Say(FaultCodes.BadCard, card, _badCard.Alarm, _badCard.Evidence(reader));
            if (card == FindingKind.Cleared) _badCard.Forget();
        }
    }

    public void Codec(ref StateCodec codec)
    {
        _counters.Codec(ref codec);
        _fault.Codec(ref codec);
        _badCard.Codec(ref codec);
    }
}
