using System.Runtime.InteropServices;
using Fleet.Grains.Faults;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Learning;

/// <summary>
/// The paper roll in the printer, and how much of one a receipt takes: from what was used since the roll was changed,
/// weighed with what receipts took on the rolls before. When it ends follows from how many are printed in an hour of trade.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Roll : IPart
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

    /// <summary>What is usual of an hour is forgotten with a time constant of so many hours of trade: about a week.</summary>
    private const double HoursToForget = 60;

    /// <summary>What must have been seen before an end is forecast.</summary>
    private const float FewestPrinted = 5;
    private const float FewestHours = 1;
    private const double HourMs = 3_600_000;

    /// <summary>How receipts are counted, worst to best; a terminal is believed in the best it ever sent.</summary>
    private enum Source { None, Lines, Cuts, Receipts }

    private ushort _source;
    private Figure _paper;
    private float _paperAtStart;
    private float _receipts;

    /// <summary>Share of a roll per receipt on earlier rolls; 0 while none was seen to its end.</summary>
    private float _earlierShare;

    /// <summary>Receipts printed, and the hours of trade in which they were, both forgotten alike.</summary>
    private float _printed;
    private float _hours;
    private Moment _atMs;

    public static string Name => "roll";

    public readonly double? Paper => _paper.Value;

    /// <summary>Takes in what was printed and used; true for a new roll.</summary>
    /// <param name="atMs">The report's time by our clock, Unix ms.</param>
    public bool Hear(Report report, long atMs, in Growth growth, in TradingHours hours, PaperLimits limits)
    {
        CountReceipts(report, atMs, growth, hours);
        if (report.Printer?.Paper is not { } paper) return false;
        var isNew = paper - _paper.Value > limits.NewRollRise;
        if (isNew) Learn(limits);
        if (isNew || _paper.Value is null) (_paperAtStart, _receipts) = ((float)paper, 0);
        _paper = new(paper);
        return isNew;
    }

    /// <summary>The clock was wrong when it was last heard: by how long ago that was, nothing is known.</summary>
    public void ForgetTime() => _atMs = 0;

    /// <summary>
    /// When the roll will be used up, from a time on, if it trades as usual; null where that is not known yet. Receipts
    /// come as a Poisson process does, so of n the standard deviation is √n: earliest and latest are two of it away, that
    /// of what is left and of what was seen together.
    /// </summary>
    public readonly Forecast? End(long fromMs, in TradingHours hours, PaperLimits limits)
    {
        if (_printed < FewestPrinted || _hours < FewestHours || ReceiptsLeft(limits) is not { } left) return null;
        var openMs = left / _printed * _hours * HourMs;
        var spread = Math.Min(0.8, 2 * Math.Sqrt((1 / Math.Max(1, left)) + (1 / _printed)));
        return new(After(openMs, fromMs, hours), After(openMs / (1 + spread), fromMs, hours), After(openMs / (1 - spread), fromMs, hours));
    }

    private static long After(double openMs, long fromMs, in TradingHours hours) => hours.AfterOpenTimeMs(fromMs, (long)Math.Min(openMs, 365 * 24 * HourMs));

    public readonly double ReceiptsPerRoll(PaperLimits limits) => 1 / SharePerReceipt(limits);

    public readonly double? ReceiptsLeft(PaperLimits limits) => _paper.Value / SharePerReceipt(limits);

    private readonly double Used => Math.Max(0, Math.Round(_paperAtStart - _paper.Value ?? 0, 4));

    private readonly double SharePerReceipt(PaperLimits limits)
    {
        var earlier = _earlierShare > 0 ? _earlierShare : 1 / limits.UsualReceiptsPerRoll;
        return ((earlier * EarlierReceipts) + Used) / (EarlierReceipts + _receipts);
    }

    private void Learn(PaperLimits limits)
    {
        if (_receipts < FewestReceipts || Used < LeastUsed) return;
        var earlier = _earlierShare > 0 ? _earlierShare : 1 / limits.UsualReceiptsPerRoll;
        _earlierShare = (float)(earlier + (NewestRollWeight * ((Used / _receipts) - earlier)));
    }

    private void CountReceipts(Report report, long atMs, in Growth growth, in TradingHours hours)
    {
        var best = report.Payment?.Receipts is not null ? Source.Receipts
            : report.Printer?.Cuts is not null ? Source.Cuts
            : report.Printer?.Lines is not null ? Source.Lines
            : Source.None;
        _source = Math.Max(_source, (ushort)best);
        var printed = (Source)_source switch
        {
            Source.Receipts => growth.Receipts,
            Source.Cuts => growth.Cuts,
            _ => growth.Lines / LinesPerReceipt,
        };
        _receipts += (float)printed;

        var openHours = _atMs == 0 ? 0 : hours.OpenTimeMs(_atMs, (Moment)atMs) / HourMs;
        var kept = Math.Exp(-openHours / HoursToForget);
        (_printed, _hours, _atMs) = ((float)((kept * _printed) + printed), (float)((kept * _hours) + openHours), Math.Max(1, atMs));
    }

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _source);
        Figure.Codec(ref codec, ref _paper);
        codec.AsDouble(ref _paperAtStart);
        codec.AsDouble(ref _receipts);
        codec.AsDouble(ref _earlierShare);
        codec.Field(ref _printed);
        codec.Field(ref _hours);
        codec.Field(ref _atMs);
    }
}
