using Fleet.Grains;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class TamperTests
{
    private const double Day = 86_400;

    private readonly Story _terminal = new();

    [Fact]
    public void An_opened_terminal_is_said_at_once_with_what_is_still_on_it()
    {
        _terminal.At(0).Reports(Says(tamper: false)).FindsNothing()
            .At(60).Reports(report => (report.Security, report.Payment) = (new() { Tamper = true }, new() { Unsent = 4 })).Raises("tamper");
        Assert.Equal(("yes", "not reported erased", 4d), (_terminal.Evidence("opened"), _terminal.Evidence("keys"), _terminal.Evidence("unsentPayments")));
        _terminal.At(120).Reports(Says(tamper: true)).FindsNothing();
    }

    [Fact]
    public void Erased_keys_are_tampering_too_and_join_it_when_they_follow()
    {
        new Story().At(0).Reports(Says(keysErased: true)).Raises("tamper");
        _terminal.At(0).Reports(Says(tamper: true)).Raises("tamper").At(60).Reports(Says(keysErased: true)).Changes("tamper");
        Assert.Equal(("yes", "erased"), (_terminal.Evidence("opened"), _terminal.Evidence("keys")));
    }

    [Fact]
    public void A_sign_that_goes_away_ends_it_only_after_a_quiet_week()
    {
        _terminal.At(0).Reports(Says(tamper: true)).Raises("tamper")
            .At(60).Reports(Says(tamper: false)).FindsNothing()
            .At(6 * Day).Reports(Says(tamper: false)).FindsNothing()
            .At(6.5 * Day).Reports(Says(tamper: true)).Changes("tamper")
            .At(7 * Day).Reports(Says(tamper: false)).FindsNothing()
            .IsStoredAndLoaded()
            .At(13.9 * Day).Reports(Says(tamper: false)).FindsNothing()
            .At(14 * Day).Reports(Says(tamper: false)).Clears("tamper");
    }

    [Fact]
    public void What_is_denied_once_is_over_with_any_report_after_the_week_and_not_by_silence()
    {
        _terminal.At(0).Reports(Says(tamper: true)).Raises("tamper")
            .At(60).Reports(Says(tamper: false)).At(6 * Day).Reports().FindsNothing()
            .At(20 * Day).HearsNothing().FindsNothingOf("tamper")
            .At(20 * Day + 60).Reports().Found(("offline", FindingKind.Cleared), ("tamper", FindingKind.Cleared));
    }

    [Fact]
    public void Erased_keys_keep_it_up_when_the_case_is_closed_again() =>
        _terminal.At(0).Reports(Says(tamper: true, keysErased: true)).Raises("tamper")
            .At(60).Reports(Says(tamper: false)).At(30 * Day).Reports(Says(tamper: false)).FindsNothing();

    [Fact]
    public void A_terminal_that_says_nothing_of_it_is_not_believed_to_be_well() =>
        _terminal.At(0).Reports(Says(tamper: true)).Raises("tamper").At(30 * Day).Reports().At(31 * Day).Reports(Says()).FindsNothing();

    [Fact]
    public void A_locked_password_is_no_tampering() =>
        _terminal.At(0).Reports(report => report.Security = new() { Tamper = false, KeysErased = false, PasswordLocked = true }).FindsNothing();

    private static Action<Report> Says(bool? tamper = null, bool? keysErased = null) =>
        report => report.Security = new() { Tamper = tamper, KeysErased = keysErased };
}
