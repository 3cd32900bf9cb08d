using System.Diagnostics;
using System.Text.RegularExpressions;
using Fleet.House_Tests.Running;

namespace Fleet.House_Tests;

/// <summary>The README's first command: a stranger's check that all of it works together.</summary>
public sealed class DemoTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task The_story_s_every_fault_is_told_and_its_look_alikes_stay_quiet()
    {
        var (exitCode, output) = await RunAsync("--once");
        Assert.True(exitCode == 0, output);
        Assert.Matches(Row("DEMO-SH-101", "weak-signal", "min", "Lao Wang Noodles", "none", "min"), output);
        Assert.Matches(Row("DEMO-SZ-102", "reader-fault", "min", "Spring Flower Supermarket", "opened, now closed", "min"), output);
        Assert.Matches(Row("DEMO-SZ-201", "bad-card", "s", "Spring Flower Supermarket", "none", "min"), output);
        Assert.Matches(Row("DEMO-CK-101", "paper-low", " ", "O'Brien's Sandwich Bar", "none", "by paper-out"), output);
        Assert.Matches(Row("DEMO-CK-101", "paper-out", "min", "O'Brien's Sandwich Bar", "none", "s"), output);
        Assert.Matches(Row("DEMO-CK-202", "offline", "s", "The English Market Fish Stall", "none", "s"), output);
        foreach (var quiet in new[] { "DEMO-SH-201  no weak-signal", "DEMO-SZ-201  no reader-fault", "DEMO-DB-103  no reader-fault", "17 other terminals: nothing", "12, all signed" })
            Assert.Contains(quiet, output, StringComparison.Ordinal);
        Assert.Matches(@"InfluxDB  (?<n>[\d,]+) points of 24 terminals, 6 alerts raised and 6 cleared", output);
        Assert.Matches(@"reports   (?<n>[\d,]+) sent, \k<n> acknowledged, \k<n> applied", output);
    }

    [Fact]
    public async Task An_option_it_does_not_know_is_named_with_those_it_does()
    {
        var (exitCode, output) = await RunAsync("--twice");
        Assert.Equal(2, exitCode);
        Assert.Contains("usage: ./demo", output, StringComparison.Ordinal);
    }

    private static string Row(string terminal, string fault, string raised, string told, string ticket, string cleared) =>
        $"(?m)^  {terminal}  {fault} +[^,\\n]*{raised}[^,\\n]*  {Regex.Escape(told)}, [^\\n]*s +{ticket} +[^\\n]*{cleared}";

    private static async Task<(int ExitCode, string Output)> RunAsync(string argument)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(s_patience);
        using var demo = Process.Start(new ProcessStartInfo(Path.Combine(SharedFolder.Repository, "demo"), [argument])
        {
            WorkingDirectory = Path.GetTempPath(), RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        try
        {
            var (output, errors) = (demo.StandardOutput.ReadToEndAsync(patience.Token), demo.StandardError.ReadToEndAsync(patience.Token));
            await demo.WaitForExitAsync(patience.Token);
            return (demo.ExitCode, await output + await errors);
        }
        finally
        {
            if (!demo.HasExited) await EndAsync(demo);
        }
    }

    /// <summary>SIGTERM, so that it ends what it started.</summary>
    private static async Task EndAsync(Process demo)
    {
        using var kill = Process.Start("kill", ["-TERM", $"{demo.Id}"]);
        await kill.WaitForExitAsync(CancellationToken.None);
        await demo.WaitForExitAsync(CancellationToken.None);
    }
}
