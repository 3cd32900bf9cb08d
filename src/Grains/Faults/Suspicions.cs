using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fleet.Grains.Faults;

/// <summary>
/// The detectors that are their default while nothing is wrong. All of a terminal share one object, which is there only
/// while one of them suspects something or has raised it; most terminals have none.
/// </summary>
internal struct Suspicions
{
    public BatteryLow BatteryLow;
    public BatteryWorn BatteryWorn;
    public BatteryReplacement BatteryReplacement;
    public WeakSignal WeakSignal;
    public LinkFlapping LinkFlapping;
    public ReaderFault ReaderFault;
    public ReaderCleaning ReaderCleaning;
    public BadCard BadCard;
    public Declines Declines;
    public PaperOut PaperOut;
    public PaperLow PaperLow;
    public PaperJam PaperJam;
    public CoverOpen CoverOpen;
    public BoardFault BoardFault;
    public ClockWrong ClockWrong;
    public SoftwareOutdated Outdated;
    public BadReports BadReports;
    public ErrorCodeFault ErrorCode;
    public Tamper Tamper;
    public PasswordLocked PasswordLocked;

    /// <summary>Those of all terminals at rest; only to be read.</summary>
    public static StrongBox<Suspicions> AtRest { get; } = new();

    [ThreadStatic]
    private static StrongBox<Suspicions>? t_spare;

    /// <summary>An object of its own for a terminal while something is heard that may wake one of them.</summary>
    public static StrongBox<Suspicions> Take()
    {
        var taken = t_spare ?? new();
        t_spare = null;
        return taken;
    }

    /// <summary>Keeps what has something to keep, and takes back what has not.</summary>
    public static StrongBox<Suspicions>? Keep(StrongBox<Suspicions> taken)
    {
        if (MemoryMarshal.AsBytes(new ReadOnlySpan<Suspicions>(in taken.Value)).ContainsAnyExcept((byte)0)) return taken;
        t_spare = taken;
        return null;
    }
}
