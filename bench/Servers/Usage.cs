using System.Globalization;

namespace Fleet.Bench.Servers;

/// <summary>What the kernel says a process has used so far: proc(5), <c>stat</c> and <c>status</c>.</summary>
internal readonly record struct Usage(TimeSpan User, TimeSpan System, long ResidentBytes, long PeakBytes)
{
    /// <summary>The kernel reports CPU time in ticks of 1/100 s to user space, whatever its own HZ.</summary>
    private const double TicksPerSecond = 100;

    public TimeSpan Total => User + System;

    public static Usage OfSelf => Of(Environment.ProcessId);

    public static Usage Of(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' '); // the name before may hold blanks; state is field 3
        return new Usage(Ticks(fields[14 - 3]), Ticks(fields[15 - 3]), Status(process, "VmRSS:"), Status(process, "VmHWM:"));
    }

    /// <summary>CPU time between two readings; memory is of the later one.</summary>
    public static Usage operator -(Usage later, Usage earlier) =>
        later with { User = later.User - earlier.User, System = later.System - earlier.System };

    public static Usage operator +(Usage one, Usage other) => new(
        one.User + other.User, one.System + other.System, one.ResidentBytes + other.ResidentBytes, one.PeakBytes + other.PeakBytes);

    private static TimeSpan Ticks(string field) =>
        TimeSpan.FromSeconds(long.Parse(field, CultureInfo.InvariantCulture) / TicksPerSecond);

    private static long Status(int process, string name)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return 1024 * long.Parse(line.AsSpan(name.Length).TrimEnd("kB"), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
    }
}
