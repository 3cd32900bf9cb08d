using Fleet.Grains;
using Fleet.Grains.Neighbours;

namespace Fleet.Grains_Tests.Neighbours;

/// <summary>A fleet of four hundred shops with one terminal each, and real terminals that are declined.</summary>
public sealed class IssuerTests
{
    private const string Group = "issuer:unnamed";

    private readonly Neighbourhood _fleet = new(serial => new(Site: $"S{serial}"), subject => subject == Group ? 400 : 1, new Holding(), new Census());

    [Fact]
    public void A_bank_that_is_down_is_one_finding_and_its_terminals_are_not_told_one_by_one()
    {
        for (var i = 0; i < 40; i++) Declines($"T{i}", "91", at: 100 + i);
        var told = Enumerable.Range(100, 3600).SelectMany(Told).ToList();
        Assert.Equal([$"{Group} declines Raised"], told);
        Assert.Equal(Group, _fleet.CauseOf("T7", "declines"));
    }

    [Fact]
    public void A_quiet_shop_that_finds_it_an_hour_later_is_not_told_either_and_it_ends_when_most_have_ended()
    {
        for (var i = 0; i < 40; i++) Declines($"T{i}", "91", at: 100 + i);
        for (var second = 100; second < 200; second++) Told(second);
        Declines("T99", "91", at: 3700);
        Assert.Empty(Enumerable.Range(3700, 300).SelectMany(Told));
        for (var i = 0; i < 40; i++) _fleet.Hear(Some($"T{i}", "91", 100 + i, FindingKind.Cleared, 7000));
        Assert.Equal([$"{Group} declines Cleared"], Enumerable.Range(7000, 610).SelectMany(Told));
    }

    [Theory]
    [InlineData("51")] // no money at the end of the month
    [InlineData("55")]
    [InlineData("61")]
    public void Many_shops_whose_customers_are_declined_for_their_own_reasons_are_told_at_once_and_are_no_bank(string code)
    {
        for (var i = 0; i < 40; i++) Declines($"T{i}", code, at: 100);
        var told = Told(100).ToList();
        Assert.Equal(40, told.Count);
        Assert.All(told, one => Assert.EndsWith(" declines Raised", one, StringComparison.Ordinal));
        Assert.Empty(Enumerable.Range(101, 3600).SelectMany(Told));
    }

    [Fact]
    public void One_terminal_that_is_declined_for_hours_is_told_itself_after_a_minute()
    {
        var found = DeclinedForHours();
        _fleet.Hear(found);
        var atMs = found.RaisedAtMs;
        Assert.Empty(_fleet.Tick(atMs + 59_000));
        Assert.Equal("T1", Assert.Single(_fleet.Tick(atMs + 60_000)).Subject);
    }

    [Fact]
    public void The_evidence_of_a_real_terminal_says_that_it_is_the_bank()
    {
        Assert.Equal("declines:91", GroupKind.Sign("declines", name => DeclinedForHours().Evidence.Single(e => e.Name == name).Text));
        Assert.Equal("declines", GroupKind.Sign("declines", _ => "51, 55"));
        Assert.Equal("error-code", GroupKind.Sign("error-code", _ => "91"));
    }

    [Fact]
    public void Five_shops_of_a_fleet_of_thousands_are_chance()
    {
        var group = GroupKind.Issuer.New(Group, 20_000, serial => serial);
        for (var i = 0; i < 5; i++) group.Hear(Some($"T{i}", "91", 100 + i, FindingKind.Raised, 100 + i));
        Assert.Null(group.Tick(Story.Ms(110)));
    }

    [Fact]
    public void One_shop_with_many_tills_whose_line_to_the_bank_is_bad_is_no_bank_that_is_down()
    {
        var group = GroupKind.Issuer.New(Group, 400, _ => "supermarket");
        for (var i = 0; i < 20; i++) group.Hear(Some($"T{i}", "91", 100 + i, FindingKind.Raised, 100 + i));
        Assert.Null(group.Tick(Story.Ms(130)));
    }

    /// <summary>Two of three customers, by the real detector.</summary>
    private static Finding DeclinedForHours()
    {
        var story = new Story();
        for (var report = 0; report < 60; report++)
            story.At(100 + report * 60).Reports(r => r.Payment = new() { Approved = 1000 + report, Declined = [new("91", report * 2)] });
        return story.Raises("declines").Last;
    }

    private void Declines(string serial, string code, int at) => _fleet.Hear(Some(serial, code, at, FindingKind.Raised, at));

    private static Finding Some(string serial, string code, int raised, FindingKind kind, int at) =>
        new(serial, "declines", kind, Story.Ms(raised), Story.Ms(at), [new("code", Text: code), new("declined", 9), new("codes", Text: code)]);

    private IEnumerable<string> Told(int second) => [.. _fleet.Tick(Story.Ms(second)).Select(f => $"{f.Subject} {f.Fault} {f.Kind}")];
}
