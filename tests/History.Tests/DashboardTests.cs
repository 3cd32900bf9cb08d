using System.Text.Json;
using System.Text.RegularExpressions;
using Fleet.Tests.Shared;

namespace Fleet.History.Tests;

/// <summary>Every dashboard, with every query it has against the real InfluxDB with a believable fleet in it.</summary>
public sealed class DashboardTests(SharedInflux influx, DashboardTests.FilledDatabase filled) : IClassFixture<DashboardTests.FilledDatabase>
{
    public static TheoryData<string> Files => ["fleet.json", "terminal.json"];

    [Theory]
    [InlineData("fleet.json", ".*", ".*")]
    [InlineData("fleet.json", "(Merchant 0|Merchant 1)", "(S-3|S-9)")]
    [InlineData("terminal.json", ".*", ".*")]
    public async Task Every_query_finds_something(string file, string merchants, string sites)
    {
        await filled.FillAsync(influx.Server);
        var values = new Dictionary<string, string> { ["merchant"] = merchants, ["site"] = sites, ["serial"] = BelievableFleet.Watched };
        var found = new List<string>();
        foreach (var (name, query) in Dashboard.Load(file).Queries())
        {
            var text = Dashboard.Filled(query, Some.AtMs - BelievableFleet.Minutes * 60_000, Some.AtMs, values);
            Assert.DoesNotContain("$", text.Replace("/^", "", StringComparison.Ordinal).Replace("$/", "", StringComparison.Ordinal), StringComparison.Ordinal);
            var series = await influx.Server.QueryAsync(filled.Database, text);
            Assert.True(series.Any(HasValues), $"{name} finds nothing: {text}");
            found.Add(name);
        }
        Assert.NotEmpty(found);
    }

    [Fact]
    public async Task The_fleets_numbers_are_right()
    {
        await filled.FillAsync(influx.Server);
        Assert.Equal(20, await NumberAsync("Terminals reporting A", "count"));
        Assert.Equal(2, await NumberAsync("Alerts open A", "sum")); // one weak signal cleared, one not, one acknowledged
        Assert.Equal(4, await NumberAsync("Out of paper A", "count"));
    }

    [Theory, MemberData(nameof(Files))]
    public void Every_panel_says_what_it_shows(string file)
    {
        var dashboard = Dashboard.Load(file);
        Assert.Equal(dashboard.AllPanels.Length, dashboard.AllPanels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        foreach (var panel in dashboard.Panels)
        {
            var title = Dashboard.Title(panel);
            Assert.False(string.IsNullOrWhiteSpace(title));
            Assert.True(panel.GetProperty("description").GetString()!.Length > 10, $"{title} has no description");
            Assert.True(panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("unit").GetString() is { Length: > 0 }, $"{title} has no unit");
            var refs = panel.GetProperty("targets").EnumerateArray().Select(target => target.GetProperty("refId").GetString()).ToArray();
            Assert.Equal(refs.Length, refs.Distinct().Count());
        }
    }

    [Theory, MemberData(nameof(Files))]
    public void Every_panel_lies_on_the_grid_beside_the_others(string file)
    {
        var places = Dashboard.Load(file).AllPanels.Select(panel => (Title: Dashboard.Title(panel), Place: panel.GetProperty("gridPos").Deserialize<Place>(JsonSerializerOptions.Web)!)).ToArray();
        foreach (var (title, place) in places)
        {
            Assert.True(place is { X: >= 0, W: > 0, H: > 0 } && place.X + place.W <= 24, $"{title} is off the grid");
            Assert.All(places, other => Assert.True(ReferenceEquals(other.Place, place) || !other.Place.Overlaps(place), $"{title} lies on {other.Title}"));
        }
    }

    [Theory, MemberData(nameof(Files))]
    public void Every_datasource_is_the_one_that_is_provisioned(string file)
    {
        var provisioned = File.ReadAllText(Path.Combine(Dashboard.Folder, "provisioning/datasources/influxdb.yaml"));
        var uids = Everything(Dashboard.Load(file).Root).Where(property => property.Name == "datasource").Select(property => property.Value.GetProperty("uid").GetString()).Distinct();
        Assert.Contains($"uid: {Assert.Single(uids)}\n", provisioned, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Files))]
    public void Every_link_leads_to_a_dashboard_that_is_there(string file)
    {
        var dashboards = Files.ToDictionary(row => Dashboard.Load(row.Data).Uid, row => Dashboard.Load(row.Data));
        var links = Everything(Dashboard.Load(file).Root).Where(property => property.Name == "url").Select(property => property.Value.GetString()!).ToArray();
        Assert.NotEmpty(links);
        foreach (var link in links)
        {
            var target = dashboards[Regex.Match(link, "^/d/([^/]+)/").Groups[1].Value];
            foreach (Match variable in Regex.Matches(link, @"var-(\w+)="))
                Assert.Contains(variable.Groups[1].Value, target.Variables.Select(v => v.GetProperty("name").GetString()));
        }
    }

    private async Task<double> NumberAsync(string name, string column)
    {
        var query = Dashboard.Load("fleet.json").Queries().Single(q => q.Name == name).Query;
        var values = new Dictionary<string, string> { ["merchant"] = ".*", ["site"] = ".*" };
        var series = await influx.Server.QueryAsync(filled.Database, Dashboard.Filled(query, Some.AtMs - BelievableFleet.Minutes * 60_000, Some.AtMs, values));
        return series[0].Column(column)[0].GetDouble();
    }

    private static bool HasValues(InfluxServer.Series series) =>
        series.Values.Any(row => row.Skip(1).Any(value => value.ValueKind != JsonValueKind.Null));

    private static IEnumerable<JsonProperty> Everything(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Everything(property.Value).Prepend(property)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Everything),
        _ => [],
    };

    private sealed record Place(int X, int Y, int W, int H)
    {
        public bool Overlaps(Place other) => X < other.X + other.W && other.X < X + W && Y < other.Y + other.H && other.Y < Y + H;
    }

    /// <summary>Filled once for all of these tests.</summary>
    public sealed class FilledDatabase : IDisposable
    {
        private readonly SemaphoreSlim _gate = new(1);
        private bool _filled;

        internal string Database { get; } = Room.NewDatabase();

        internal async Task FillAsync(InfluxServer server)
        {
            await _gate.WaitAsync(TestContext.Current.CancellationToken);
            try
            {
                if (!_filled) await BelievableFleet.WriteAsync(server, Database);
                _filled = true;
            }
            finally
            {
                _gate.Release();
            }
        }

        public void Dispose() => _gate.Dispose();
    }
}
