using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class PasswordLockedTests
{
    private readonly Story _terminal = new();

    [Fact]
    public void A_lock_that_stays_is_said_after_its_hold_and_gone_with_the_lock()
    {
        _terminal.At(0).Reports(IsLocked(true)).FindsNothing()
            .At(60).Reports(IsLocked(true)).FindsNothing()
            .At(125).Reports().Raises("password-locked");
        Assert.Equal(((double)Story.Ms(0), 2d), (_terminal.Evidence("sinceMs"), _terminal.Evidence("lockedMinutes")));
        _terminal.At(180).Reports().FindsNothing().IsStoredAndLoaded()
            .At(960).Reports(IsLocked(false)).Clears("password-locked");
        Assert.Equal(16d, _terminal.Evidence("lockedMinutes"));
    }

    [Fact]
    public void The_hold_ends_without_another_word()
    {
        _terminal.At(0).Reports(IsLocked(true)).FindsNothing();
        Assert.Equal(Story.Ms(120), _terminal.Terminal.DueAtMs);
        _terminal.At(120).IsSilentSince(0).Raises("password-locked");
    }

    [Fact]
    public void A_lock_that_opens_by_itself_is_nothing() =>
        _terminal.At(0).Reports(IsLocked(true)).At(60).Reports(IsLocked(false)).At(600).Reports().FindsNothing()
            .At(660).Reports(IsLocked(true)).At(700).Reports(IsLocked(true)).FindsNothing();

    [Fact]
    public void A_terminal_without_such_a_flag_is_never_locked() => _terminal.At(0).Reports().At(600).Reports().FindsNothing();

    private static Action<Report> IsLocked(bool isLocked) => report => report.Security = new() { PasswordLocked = isLocked };
}
