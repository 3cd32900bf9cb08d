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
        _terminal.At(0).Reports(Errors("Sunmi:printer:505")).At(60).Reports(Errors("Sunmi:printer:505")).FindsNothing()
            .At(120).Reports(Errors("Sunmi:printer:505")).Raises("error-code");
        Assert.Equal(("Sunmi:printer:505", "No printer found", "board-fault"), (_terminal.Evidence("codes"), _terminal.Evidence("meaning"), _terminal.Evidence("faults")));
        _terminal.At(180).Reports(Errors("Sunmi:printer:505", "E205")).Changes("error-code");
        Assert.Equal(("Sunmi:printer:505, E205", 1d), (_terminal.Evidence("codes"), _terminal.Evidence("unknownCodes")));
        _terminal.IsStoredAndLoaded().At(240).Reports(Errors("Sunmi:printer:505", "E205")).FindsNothing()
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
    public void A_terminal_that_says_by_a_code_alone_that_it_is_out_of_paper_is_out_of_paper_until_the_code_is_gone() =>
        _terminal.At(0).Reports(Errors()).FindsNothing()
            .At(60).Reports(Errors("pax:printer:2")).Raises("paper-out")
            .At(600).Reports(Errors("pax:printer:2")).At(660).Reports(Some.Payments(5, 5, 0, 0)).FindsNothing()
            .IsStoredAndLoaded()
            .At(720).Reports(Errors()).Clears("paper-out");

    [Fact]
    public void A_security_module_that_is_not_in_order_by_its_flag_alone_is_tampering_at_once() =>
        _terminal.At(0).Reports(Errors("nexo:flag:SecurityNotOK")).Raises("tamper")
            .At(600).Reports(Errors("nexo:flag:SecurityNotOK")).FindsNothing()
            .At(660).Reports(Errors()).FindsNothing()
            .At(660 + 7 * 86_400).Reports(Errors()).Clears("tamper");

    [Fact]
    public void A_printer_that_is_broken_by_its_code_is_held_and_cleared_as_by_its_own_word() =>
        _terminal.At(0).Reports(Errors("nexo:PrinterStatus:OutOfOrder")).At(150).Reports(Errors("nexo:PrinterStatus:OutOfOrder")).FindsNothing()
            .At(300).HearsNothing().Raises("print-head-fault")
            .At(360).Reports(Errors()).FindsNothing()
            .At(360 + 86_400).Reports(Errors()).Clears("print-head-fault");

    [Fact]
    public void The_reports_own_word_counts_for_more_than_a_code_which_is_told_by_itself_then()
    {
        var saysBoth = Errors("pax:printer:2") + Some.Paper(0.8);
        _terminal.At(0).Reports(saysBoth).At(60).Reports(saysBoth).FindsNothing().At(120).Reports(saysBoth).Raises("error-code");
    }

    [Fact]
    public void What_the_terminal_says_itself_is_not_undone_by_a_list_without_codes() =>
        _terminal.At(0).Reports(Errors("pax:printer:2")).Raises("paper-out")
            .At(60).Reports(Some.Paper(0, state: PrinterState.PaperOut)).At(120).Reports(Errors()).FindsNothing()
            .At(180).Reports(Some.Paper(0.9)).Clears("paper-out");

    [Fact]
    public void Of_two_codes_for_one_field_the_first_counts_and_neither_is_told_as_a_code() =>
        _terminal.At(0).Reports(Errors("sunmi:printer:4", "sunmi:printer:6")).Raises("paper-out").At(600).Reports(Errors("sunmi:printer:4", "sunmi:printer:6")).FindsNothing();

    [Fact]
    public void The_shipped_codes_say_what_their_fault_is_found_by()
    {
        string[] found = ["cover-open", "paper-jam", "paper-out", "print-head-fault", "tamper"];
        foreach (var code in ErrorCodes.Shipped.All.Where(code => found.Contains(code.Value.Fault))) Assert.NotNull(code.Value.Says);
    }

    [Fact]
    public void A_cover_that_is_opened_for_a_moment_is_none() =>
        _terminal.At(0).Reports(Errors("pax:printer:-5")).At(60).Reports(Errors()).At(300).Reports(Errors("pax:printer:-5")).FindsNothing();

    [Fact]
    public void The_operator_adds_codes_and_changes_what_they_mean()
    {
        var own = Read("""{"E7":{"fault":"password-locked","says":{"security":{"passwordLocked":true}},"en":"Locked","zh-CN":"已锁定"},"E205":{"fault":"reader-fault","en":"Reader jammed","zh-CN":"读卡器卡住"},"pax:printer:1":{"fault":"error-code","en":"Busy","zh-CN":"忙"}}""");
        var codes = ErrorCodes.Shipped.With(own);
        Assert.Equal(ErrorCodes.Shipped.Count + 2, codes.Count);
        _terminal.Judges(new() { ErrorCode = new() { Codes = codes, HoldFor = TimeSpan.Zero } })
            .At(0).Reports(Errors("e205", "pax:printer:1")).Raises("error-code");
        Assert.Equal("Reader jammed; Busy", _terminal.Evidence("meaning"));
        _terminal.At(60).Reports(Errors("e7")).Clears("error-code").At(180).HearsNothing().Raises("password-locked");
    }

    [Theory]
    [InlineData("[]", "The codes must be one JSON object.")]
    [InlineData("""{"E1":{"fault":"none","en":"Ready"}}""", "The code E1 has no text zh-CN.")]
    [InlineData("""{"E1":"none"}""", "The code E1 has no text fault.")]
    [InlineData("""{"E1":{"fault":"none","says":{"printer":{"state":"fine"}},"en":"Ready","zh-CN":"就绪"}}""",
        """The code E1 says {"printer":{"state":"fine"}}, which is no piece of a report with printer.state, security.tamper, security.keysErased or security.passwordLocked.""")]
    public void A_dictionary_of_another_form_is_refused_with_its_place(string json, string expected) =>
        Assert.Equal(expected, Assert.Throws<InvalidDataException>(() => Read(json)).Message);

    private static ErrorCodes Read(string json) => ErrorCodes.Read(new MemoryStream(Encoding.UTF8.GetBytes(json)));

    private static Action<Report> Errors(params string[] codes) => report => report.System = new() { Errors = codes };
}
