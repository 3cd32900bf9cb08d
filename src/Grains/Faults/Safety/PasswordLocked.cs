using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary><c>password-locked</c>: the terminal says that an operator or administrator password is locked; gone when it says that none is.</summary>
internal struct PasswordLocked : IDetector
{
    private Alarm _alarm;

    public static string Name => "password-locked";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.Security?.PasswordLocked is not { } isLocked || isLocked == _alarm.IsRaised) return;
        if (isLocked) hearing.Raise(Name, ref _alarm, []);
        else hearing.Clear(Name, ref _alarm, []);
    }

    public void Codec(ref StateCodec codec) => _alarm.Codec(ref codec);
}
