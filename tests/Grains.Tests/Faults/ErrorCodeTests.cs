using System.Text;
using Fleet.Grains.Faults;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class ErrorCodeTests
{
    private readonly Story _terminal = new();

    [Fact]
    public void A_code_that_stands_for_two_minutes_is_told_with_its_meaning()
    {
        _terminal.At(0).Reports(Errors("PAX:printer:4")).At(60).Reports(Errors("PAX:printer:4")).FindsNothing()
            .At(120).Reports(Errors("PAX:printer:4")).Raises("error-code");
        Assert.Equal(("PAX:printer:4", "Printer malfunction", "print-head-fault"), (_terminal.Evidence("codes"), _terminal.Evidence("meaning"), _terminal.Evidence("faults")));
        _terminal.At(180).Reports(Errors("PAX:printer:4", "E205")).Changes("error-code");
        Assert.Equal(("PAX:printer:4, E205", 1d), (_terminal.Evidence("codes"), _terminal.Evidence("unknownCodes")));
        _terminal.IsStoredAndLoaded().At(240).Reports(Errors("PAX:printer:4", "E205")).FindsNothing()
            .At(300).Reports().At(360).Reports(Errors()).FindsNothing()
            .At(480).Reports(Errors()).Clears("error-code");
    }

    [Fact]
    public void Codes_that_mean_no_fault_say_nothing() =>
        _terminal.At(0).Reports(Errors("sunmi:printer:1", "nexo:GlobalStatus:OK")).At(500).Reports(Errors("sunmi:printer:2")).FindsNothing();

    [Fact]
    public void A_code_for_what_is_raised_already_says_nothing_more()
    {
        var paperOut = Some.Paper(0, state: PrinterState.PaperOut) + Errors("pax:printer:2");
        _terminal.At(0).Reports(paperOut).Raises("paper-out").At(200).Reports(paperOut).At(400).Reports(paperOut).FindsNothing();
    }

    [Fact]
    public void A_cover_that_is_opened_for_a_moment_is_none() =>
        _terminal.At(0).Reports(Errors("pax:printer:-5")).At(60).Reports(Errors()).At(300).Reports(Errors("pax:printer:-5")).FindsNothing();

    [Fact]
    public void The_operator_adds_codes_and_changes_what_they_mean()
    {
        var own = Read("""{"E205":{"fault":"reader-fault","en":"Reader jammed","zh-CN":"读卡器卡住"},"pax:printer:1":{"fault":"error-code","en":"Busy","zh-CN":"忙"}}""");
        var codes = ErrorCodes.Shipped.With(own);
        Assert.Equal(ErrorCodes.Shipped.Count + 1, codes.Count);
        _terminal.Judges(new() { ErrorCode = new() { Codes = codes, HoldFor = TimeSpan.Zero } })
            .At(0).Reports(Errors("e205", "pax:printer:1")).Raises("error-code");
        Assert.Equal("Reader jammed; Busy", _terminal.Evidence("meaning"));
    }

    [Theory]
    [InlineData("[]", "The codes must be one JSON object.")]
    [InlineData("""{"E1":{"fault":"none","en":"Ready"}}""", "The code E1 has no text zh-CN.")]
    [InlineData("""{"E1":"none"}""", "The code E1 has no text fault.")]
    public void A_dictionary_of_another_form_is_refused_with_its_place(string json, string expected) =>
        Assert.Equal(expected, Assert.Throws<InvalidDataException>(() => Read(json)).Message);

    private static ErrorCodes Read(string json) => ErrorCodes.Read(new MemoryStream(Encoding.UTF8.GetBytes(json)));

    private static Action<Report> Errors(params string[] codes) => report => report.System = new() { Errors = codes };
}
