using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// The paper roll in the printer, and how much of one a receipt takes: from what was used since the roll was changed,
/// weighed with what receipts took on the rolls before.
/// </summary>
internal struct Roll
{
    /// <summary>A receipt of 15 cm has about 30 lines.</summary>
    private const double LinesPerReceipt = 30;

    /// <summary>How many receipts what is known from earlier rolls weighs.</summary>
    private const double EarlierReceipts = 30;

    /// <summary>Weight of the newest roll in the moving average across rolls.</summary>
    private const double NewestRollWeight = 0.3;

    /// <summary>What must have been printed and used for a roll to teach anything.</summary>
    private const double FewestReceipts = 20;
    private const double LeastUsed = 0.1;

    /// <summary>How receipts are counted, worst to best; a terminal is believed in the best it ever sent.</summary>
    private enum Source { None, Lines, Cuts, Receipts }

    private Counter _lines;
    private Counter _cuts;
    private Counter _receiptsPrinted;
    private int _source;
    private double? _paper;
    private double _paperAtStart;
    private double _receipts;

    /// <summary>Share of a roll per receipt on earlier rolls; 0 while none was seen to its end.</summary>
    private double _earlierShare;

    public readonly double? Paper => _paper;

    /// <summary>Takes in what was printed and used; true for a new roll.</summary>
    public bool Hear(Printer? printer, Payment? payment, PaperLimits limits)
    {
        CountReceipts(printer, payment);
        if (printer?.Paper is not { } paper) return false;
        var isNew = paper - _paper > limits.NewRollRise;
        if (isNew) Learn(limits);
        if (isNew || _paper is null) (_paperAtStart, _receipts) = (paper, 0);
        _paper = paper;
        return isNew;
    }

    public readonly double ReceiptsPerRoll(PaperLimits limits) => 1 / SharePerReceipt(limits);

    public readonly double? ReceiptsLeft(PaperLimits limits) => _paper / SharePerReceipt(limits);

    private readonly double Used => Math.Max(0, _paperAtStart - _paper ?? 0);

    private readonly double SharePerReceipt(PaperLimits limits)
    {
        var earlier = _earlierShare > 0 ? _earlierShare : 1 / limits.UsualReceiptsPerRoll;
        return ((earlier * EarlierReceipts) + Used) / (EarlierReceipts + _receipts);
    }

    private void Learn(PaperLimits limits)
    {
        if (_receipts < FewestReceipts || Used < LeastUsed) return;
        var earlier = _earlierShare > 0 ? _earlierShare : 1 / limits.UsualReceiptsPerRoll;
        _earlierShare = earlier + (NewestRollWeight * ((Used / _receipts) - earlier));
    }

    private void CountReceipts(Printer? printer, Payment? payment)
    {
        var printed = _receiptsPrinted.Grow(payment?.Receipts);
        var cut = _cuts.Grow(printer?.Cuts);
        var lines = _lines.Grow(printer?.Lines);
        var best = payment?.Receipts is not null ? Source.Receipts
            : printer?.Cuts is not null ? Source.Cuts
            : printer?.Lines is not null ? Source.Lines
            : Source.None;
        _source = Math.Max(_source, (int)best);
        _receipts += (Source)_source switch
        {
            Source.Receipts => printed,
            Source.Cuts => cut,
            _ => lines / LinesPerReceipt,
        };
    }

    public void Codec(ref StateCodec codec)
    {
        _lines.Codec(ref codec);
        _cuts.Codec(ref codec);
        _receiptsPrinted.Codec(ref codec);
        codec.Field(ref _source);
        codec.Field(ref _paper);
        codec.Field(ref _paperAtStart);
        codec.Field(ref _receipts);
        codec.Field(ref _earlierShare);
    }
}
