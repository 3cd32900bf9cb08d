using System.Text.Json;
using Fleet.Grains;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;
using Fleet.Host;
using Microsoft.Extensions.Configuration;

namespace Fleet.House_Tests;

/// <summary>The operator's own vendor codes by file, from the setting to what a terminal's alert says.</summary>
public sealed class VendorCodesTests : IDisposable
{
    private const long At = 1_790_000_000_000;

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"fleet-codes-{Guid.NewGuid():N}.json");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void A_code_of_the_operators_file_is_explained_by_it_and_one_it_replaces_too()
    {
        Write("""
            {"acme:printer:77":{"fault":"paper-jam","en":"Roller stuck","zh-CN":"胶辊卡住"},
             "PAX:printer:2":{"fault":"none","en":"As usual with us","zh-CN":"正常"}}
            """);
        Assert.Equal(("acme:printer:77", "Roller stuck", "paper-jam"), Said("acme:printer:77", "pax:printer:2"));
        Assert.Equal(("sunmi:printer:505", "No printer found", "board-fault"), Said("sunmi:printer:505")); // shipped, and not replaced
    }

    [Fact]
    public void A_code_of_the_operators_file_that_says_what_a_report_does_is_the_fault_itself()
    {
        Write("""{"acme:printer:78":{"fault":"paper-out","says":{"printer":{"state":"paper-out"}},"en":"No roll","zh-CN":"没有纸卷"}}""");
        Assert.Equal("paper-out", Assert.Single(Found("acme:printer:78")).Fault);
    }

    [Fact]
    public void Without_the_file_it_is_a_code_nobody_knows()
    {
        Write("{}");
        Assert.Equal(("acme:printer:77", null, null), Said("acme:printer:77"));
    }

    [Theory]
    [InlineData("""{"acme:printer:77":{"fault":"paper-jam","en":"Roller stuck"}}""", "The code acme:printer:77 has no text zh-CN.")]
    [InlineData("[]", "The codes must be one JSON object.")]
    [InlineData("{", "The codes are not JSON")]
    [InlineData(null, "Could not find file")]
    public void A_file_that_is_wrong_stops_the_start_and_says_why(string? text, string why)
    {
        if (text is not null) Write(text);
        var message = Assert.Throws<SettingsException>(() => Settings.Faults(Configuration)).Message;
        Assert.StartsWith($"Catalogue:Codes is '{_file}', which cannot be read: ", message, StringComparison.Ordinal);
        Assert.Contains(why, message, StringComparison.Ordinal);
    }

    private IConfiguration Configuration => new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Catalogue:Codes"] = _file }).Build();

    private void Write(string text) => File.WriteAllText(_file, text);

    /// <summary>What a terminal's alert says of codes that stand for some minutes.</summary>
    private (string? Codes, string? Meaning, string? Faults) Said(params string[] errors)
    {
        var evidence = Found(errors).Single(finding => finding.Fault == "error-code").Evidence.ToDictionary(one => one.Name, one => one.Text);
        return (evidence.GetValueOrDefault("codes"), evidence.GetValueOrDefault("meaning"), evidence.GetValueOrDefault("faults"));
    }

    private List<Finding> Found(params string[] errors)
    {
        var (terminal, reader, findings) = (new Terminal("T1", Settings.Faults(Configuration)), new ReportReader(), new List<Finding>());
        var payload = JsonSerializer.SerializeToUtf8Bytes(new { system = new { errors } });
        for (var minute = 0; minute < 5; minute++)
        {
            var atMs = At + (minute * 60_000);
            Assert.Equal(Refusal.None, reader.Read(payload, "T1", Section.Report, atMs, minute, out var report));
            terminal.Apply(new(InputKind.Report, atMs, report), findings);
        }
        return findings;
    }
}
