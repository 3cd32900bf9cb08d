using Fleet.Grains.Faults;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Faults;

public sealed class SoftwareOutdatedTests
{
    private static readonly FaultLimits Limits = new()
    {
        Software = new() { Required = new Dictionary<string, RequiredVersions> { ["A920"] = new("1.4.2", "7.0", "2026-06"), ["*"] = new(App: "6") } },
    };

    private readonly Story _terminal = new Story().Judges(Limits, new(Model: "A920"));

    [Fact]
    public void An_old_app_is_found_and_gone_with_its_update()
    {
        _terminal.At(0).Reports(Has("1.4.2", "6.12.9", "2026-08")).Raises("software-outdated");
        Assert.Equal(("6.12.9", "7.0", "1.4.2"), (_terminal.Evidence("app"), _terminal.Evidence("requiredApp"), _terminal.Evidence("firmware")));
        _terminal.At(60).Reports(Has("1.4.2", "6.12.9", "2026-08")).FindsNothing()
            .At(120).Reports().FindsNothing()
            .At(180).Reports(Has("1.4.2", "7.0.0", null)).Clears("software-outdated");
    }

    [Fact]
    public void What_is_outdated_besides_is_said()
    {
        _terminal.At(0).Reports(Has("1.4.1", null, null)).Raises("software-outdated")
            .At(60).Reports(Has(null, null, "2026-05-01")).Changes("software-outdated")
            .At(120).Reports(Has("1.10", null, null)).Changes("software-outdated")
            .At(180).Reports(Has(null, null, "2026-06-01")).Clears("software-outdated");
    }

    [Fact]
    public void Another_model_is_held_to_what_is_required_of_all() =>
        new Story().Judges(Limits, new(Model: "P2")).At(0).Reports(Has("1.0", "6.0", "2020-01")).FindsNothing()
            .At(60).Reports(Has("1.0", "5.9", null)).Raises("software-outdated");

    [Fact]
    public void Nothing_is_required_where_nobody_says_so() => new Story().At(0).Reports(Has("0.1", "0.1", "2010-01")).FindsNothing();

    [Fact]
    public void A_requirement_that_is_taken_back_clears_it() =>
        _terminal.At(0).Reports(Has(null, "6", null)).Raises("software-outdated")
            .Judges(FaultLimits.Default).At(60).Reports(Has(null, "6", null)).Clears("software-outdated");

    [Theory]
    [InlineData("1.9", "1.10", true)]
    [InlineData("1.10", "1.9", false)]
    [InlineData("1.4", "1.4.0", false)]
    [InlineData("v7-0-1b", "7.0.2", true)]
    [InlineData("2026-07-05", "2026-07", false)]
    [InlineData("2025-12", "2026-01", true)]
    [InlineData("beta", "1.0", false)]
    [InlineData("007", "7", false)]
    [InlineData("1.99999999999999999999", "1.5", false)]
    public void Versions_are_compared_number_by_number(string version, string required, bool isOlder) =>
        Assert.Equal(isOlder, VersionText.IsOlder(version, required));

    [Fact]
    public void A_required_version_without_a_number_is_named() =>
        Assert.Equal(
            ["Faults:Software:Required:P2 names the version latest; it must have a number to compare."],
            new FaultLimits { Software = new() { Required = new Dictionary<string, RequiredVersions> { ["P2"] = new(App: "latest") } } }.Check());

    private static Action<Report> Has(string? firmware, string? app, string? patch) =>
        report => report.System = new() { Firmware = firmware, App = app, Patch = patch };
}
