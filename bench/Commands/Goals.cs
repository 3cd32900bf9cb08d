using System.CommandLine;

namespace Fleet.Bench.Commands;

/// <summary>What a command is held to. A missed goal is always printed; it is a failure only where the caller says so, for machines differ.</summary>
internal sealed class Goals(bool isAsserted)
{
    private bool _isMissed;

    public int ExitCode => isAsserted && _isMissed ? 1 : 0;

    public static Option<bool> Assert() => new("--assert") { Description = "Exit with 1 where a goal is missed." };

    public void Check(string goal, bool isMet)
    {
        Console.WriteLine($"  goal: {goal}: {(isMet ? "met" : "MISSED")}");
        _isMissed |= !isMet;
    }
}
