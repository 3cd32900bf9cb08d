using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

/// <summary>A terminal that reports every five minutes, with a clock that may be off.</summary>
public sealed class ClockWrongTests
{
    private readonly Story _terminal = new();

    [Fact]
    public void A_clock_that_is_behind_from_the_start_is_found_within_the_hour()
    {
        Reports(from: 0, minutes: 30, offSeconds: -400).FindsNothing();
        Reports(from: 30, minutes: 5, offSeconds: -400).Raises("clock-wrong");
        Assert.Equal((400d, "behind", Story.Ms(1800)), (_terminal.Evidence("offSeconds"), _terminal.Evidence("clock"), _terminal.Last.AtMs));
        Reports(from: 35, minutes: 25, offSeconds: -150).FindsNothing();
        Reports(from: 60, minutes: 40, offSeconds: 0).Clears("clock-wrong");
    }

    [Fact]
    public void A_clock_that_is_set_ahead_is_found_and_the_times_of_faults_are_ours()
    {
        Reports(from: 0, minutes: 60, offSeconds: 0);
        Reports(from: 60, minutes: 65, offSeconds: 3600).Raises("clock-wrong");
        Assert.Equal((3600d, "ahead"), (_terminal.Evidence("offSeconds"), _terminal.Evidence("clock")));
        Report(atMinute: 130, offSeconds: 3600, Some.Paper(0, state: PrinterState.PaperOut)).Raises("paper-out");
        Assert.Equal(Story.Ms(130 * 60), _terminal.Last.RaisedAtMs);
    }

    [Fact]
    public void A_clock_that_is_set_back_is_heard_on_and_found_and_set_right_again()
    {
        Reports(from: 0, minutes: 60, offSeconds: 0);
        Reports(from: 60, minutes: 75, offSeconds: -3600).Raises("clock-wrong");
        Assert.Equal("behind", _terminal.Evidence("clock"));
        Report(atMinute: 140, offSeconds: -3600, Some.Paper(0, state: PrinterState.PaperOut)).Raises("paper-out");
        Assert.Equal(Story.Ms(140 * 60), _terminal.Last.RaisedAtMs);
        Reports(from: 145, minutes: 5, offSeconds: 0).Clears("clock-wrong");
        Assert.Equal(1, _terminal.View.Late);
    }

    [Fact]
    public void Stored_reports_that_come_late_in_a_batch_are_no_wrong_clock()
    {
        Reports(from: 0, minutes: 60, offSeconds: 0);
        for (var at = 60; at < 360; at += 5) Report(atMinute: 360, offSeconds: (at - 360) * 60);
        Reports(from: 361, minutes: 200, offSeconds: 0).FindsNothing();
    }

    [Fact]
    public void A_terminal_that_sends_all_it_stored_once_a_day_has_a_right_clock()
    {
        for (var day = 1; day < 5; day++)
        {
            for (var hour = -23; hour <= 0; hour++) Report(atMinute: day * 1440, offSeconds: hour * 3600, OncePerDay);
        }
        _terminal.FindsNothing();
    }

    [Fact]
    public void One_wrong_stamp_is_none()
    {
        Reports(from: 0, minutes: 60, offSeconds: 0);
        Report(atMinute: 60, offSeconds: 1000);
        Reports(from: 80, minutes: 200, offSeconds: 0).FindsNothing();
    }

    [Fact]
    public void Reports_without_a_time_of_their_own_have_ours()
    {
        for (var at = 0; at < 200; at += 5) _terminal.At(at * 60).Reports(Every5Minutes);
        _terminal.FindsNothing();
    }

    private Story Reports(double from, double minutes, double offSeconds)
    {
        for (var at = from; at < from + minutes; at += 5) Report(at, offSeconds);
        return _terminal;
    }

    private Story Report(double atMinute, double offSeconds, Action<Report>? with = null) =>
        _terminal.At(atMinute * 60).Reports(Every5Minutes + with, offSeconds);

    private static readonly Action<Report> Every5Minutes = report => report.Heartbeat = new() { IntervalSeconds = 300 };
    private static readonly Action<Report> OncePerDay = report => report.Heartbeat = new() { IntervalSeconds = 86_400 };
}
