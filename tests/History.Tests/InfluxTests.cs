using System.Text.Json;
using Fleet.Grains.Reports;
using Fleet.Tests.Shared;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.History.Tests;

/// <summary>Against the real InfluxDB 1.6.7.</summary>
public sealed class InfluxTests(SharedInflux influx)
{
    private readonly string _database = Room.NewDatabase();
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task What_was_accepted_can_be_queried(string gzip)
    {
        await using var room = await Room.StartAsync(influx.Server.Url, [Some.Terminal("T1")], _ => { }, $"Database={_database}", $"Gzip={gzip}");
        Assert.True(room.History.TryTake([Some.Report("T1", seq: 7), Some.Report("T2", seq: 8)], out var accepted));
        await accepted.Soon();

        var series = await influx.Server.QueryAsync(_database, "SELECT * FROM terminal WHERE serial = 'T1'");
        var row = Assert.Single(series);
        Assert.Equal(Some.AtMs, row.Column("time")[0].GetInt64());
        Assert.Equal(7, row.Column("seq")[0].GetInt64());
        Assert.Equal("Corner Café", row.Column("merchant")[0].GetString());
        Assert.Equal(0.35, row.Column("printer_paper")[0].GetDouble());
        Assert.Equal("ok", row.Column("printer_state")[0].GetString());
        Assert.Equal(2, row.Column("payment_declined_51")[0].GetInt64());
        Assert.True(room.History.Status.Ok);

        var unregistered = await influx.Server.QueryAsync(_database, "SELECT site::tag, seq FROM terminal WHERE serial = 'T2'");
        Assert.Equal(JsonValueKind.Null, unregistered[0].Column("site")[0].ValueKind);
    }

    [Fact]
    public async Task Strings_that_hurt_come_back_as_they_were()
    {
        const string site = "a,b=c d\"e'f漢 ", firmware = "1.0 \"beta\\\" , = é";
        await using var room = await Room.StartAsync(influx.Server.Url, [Some.Terminal("T 1,=") with { Site = site, Merchant = "C:\\shop\\" }], _ => { }, $"Database={_database}");
        var report = Some.Bare("T 1,=").With(r => r.System, new SystemHealth().With(s => s.Firmware, firmware).With(s => s.App, "two\nlines\\"));
        Assert.True(room.History.TryTake([report], out var accepted));
        await accepted.Soon();

        var row = Assert.Single(await influx.Server.QueryAsync(_database, "SELECT * FROM terminal"));
        Assert.Equal("T 1,=", row.Column("serial")[0].GetString());
        Assert.Equal(site, row.Column("site")[0].GetString());
        Assert.Equal("C:/shop/", row.Column("merchant")[0].GetString());
        Assert.Equal(firmware, row.Column("system_firmware")[0].GetString());
        Assert.Equal("two lines\\", row.Column("system_app")[0].GetString());
    }

    [Fact]
    public async Task Written_twice_is_there_once()
    {
        await using var room = await Room.StartAsync(influx.Server.Url, $"Database={_database}");
        for (var i = 0; i < 2; i++)
        {
            Assert.True(room.History.TryTake([Some.Report()], out var accepted));
            await accepted.Soon();
        }
        Assert.Equal(1, await CountAsync("terminal", "seq"));
    }

    [Fact]
    public async Task A_line_of_another_type_is_refused_and_counted_and_its_neighbours_are_stored()
    {
        await influx.Server.QueryAsync("", $"CREATE DATABASE {_database}");
        await WriteRawAsync("terminal,serial=BAD seq=1.5 1790000000000\n"); // this shard now says that seq is a float
        using var refused = new Measured("fleet.history.points", "refused");
        await using var room = await Room.StartAsync(influx.Server.Url, $"Database={_database}");
        room.History.TryTake([Some.Bare("T1")], out var conflicting);
        await conflicting.Soon();

        Assert.Equal(1, refused.Sum);
        Assert.Contains("field type conflict", room.History.Status.LastRefusal, StringComparison.Ordinal);
        Assert.True(room.History.Status.Ok);
        Assert.Empty(await influx.Server.QueryAsync(_database, "SELECT seq FROM terminal WHERE serial = 'T1'"));

        // Types are a shard's: a month earlier seq is still free, so this batch has a bad line and a good one.
        room.History.TryTake([Some.Bare("T2"), Some.Bare("T3", at: Some.AtMs - 30L * 86_400_000)], out var mixed);
        await mixed.Soon();
        Assert.Equal(2, refused.Sum);
        // influxd answers as soon as one shard has refused; the other shard's line may be stored a moment later.
        InfluxServer.Series[] stored = [];
        await Waiting.UntilAsync(async () => (stored = await influx.Server.QueryAsync(_database, "SELECT seq, serial FROM terminal WHERE serial =~ /^T/")).Length > 0);
        Assert.Equal("T3", stored[0].Column("serial")[0].GetString());
    }

    [Fact]
    public async Task Points_beyond_the_retention_are_refused_and_the_others_stored()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        await influx.Server.QueryAsync("", $"CREATE DATABASE {_database} WITH DURATION 1h");
        await using var room = await Room.StartAsync(influx.Server.Url, $"Database={_database}");
        room.History.TryTake([Some.Bare("OLD", at: now - 86_400_000), Some.Bare("NEW", at: now)], out var accepted);
        await accepted.Soon();

        Assert.Contains("retention policy dropped=1", room.History.Status.LastRefusal, StringComparison.Ordinal);
        Assert.Equal(1, await CountAsync("terminal", "seq"));
    }

    [Fact]
    public async Task Lines_the_server_cannot_parse_do_not_take_others_with_them()
    {
        await influx.Server.QueryAsync("", $"CREATE DATABASE {_database}");
        using var database = new InfluxV1Database(new InfluxOptions { Url = influx.Server.Url, Database = _database }, TimeProvider.System, Log.None);
        var partly = await database.WriteAsync("terminal seq=1i 1\nrubbish\nterminal seq=2i 2\nterminal seq= 3\n"u8.ToArray(), _stop);
        Assert.Equal((WriteResult.PartlyRefused, 2), (partly.Result, partly.RefusedLines));
        Assert.Equal(2, await CountAsync("terminal", "seq"));

        var wholly = await database.WriteAsync("rubbish\nmore\n"u8.ToArray(), _stop);
        Assert.Equal((WriteResult.Refused, 2), (wholly.Result, wholly.RefusedLines));
    }

    [Fact]
    public async Task A_database_that_was_dropped_is_made_again()
    {
        await using var room = await Room.StartAsync(influx.Server.Url, $"Database={_database}");
        room.History.TryTake([Some.Bare("T1")], out var first);
        await first.Soon();
        await influx.Server.QueryAsync("", $"DROP DATABASE {_database}");
        room.History.TryTake([Some.Bare("T2")], out var second);
        await second.Soon();
        Assert.Equal(1, await CountAsync("terminal", "seq"));
    }

    [Fact]
    public async Task An_alerts_changes_are_points()
    {
        await using var room = await Room.StartAsync(influx.Server.Url, $"Database={_database}");
        var raised = new AlertPoint { Id = "a1", Fault = "weak-signal", Severity = "minor", Change = AlertChange.Raised, AtMs = Some.AtMs, Serial = "T1", Site = "S 1", Merchant = "M" };
        await room.History.WriteAlertAsync(raised, _stop).Soon();
        await room.History.WriteAlertAsync(raised with { Change = AlertChange.Cleared, AtMs = Some.AtMs + 1000 }, _stop).Soon();

        var row = Assert.Single(await influx.Server.QueryAsync(_database, "SELECT * FROM alert"));
        Assert.Equal([1, 0], row.Column("active").Select(v => v.GetInt32()));
        Assert.Equal(["raised", "cleared"], row.Column("state").Select(v => v.GetString()!));
        Assert.Equal("S 1", row.Column("site")[0].GetString());
    }

    [Fact]
    public async Task The_pipelines_figures_are_written_by_node()
    {
        await using var room = await Room.StartAsync(influx.Server.Url, [], services => services
            .AddSingleton(new PipelineFigure("journal_bytes", () => 4096))
            .AddSingleton(new PipelineFigure("broken", () => throw new InvalidOperationException("no such file"))),
            $"Database={_database}", "Node=n1", "FiguresEvery=00:00:01");
        await Waiting.UntilAsync(() => room.History.QueueBytes > 0);
        await room.StopAsync();

        var row = (await influx.Server.QueryAsync(_database, "SELECT * FROM fleet WHERE node = 'n1'"))[0];
        Assert.Equal(4096, row.Column("journal_bytes")[0].GetDouble());
        Assert.DoesNotContain("broken", row.Columns);
    }

    [Fact]
    public async Task A_server_that_refuses_our_password_is_asked_again_until_an_operator_has_put_it_right()
    {
        await using var guarded = new InfluxServer(auth: true);
        await guarded.StartAsync();
        await guarded.QueryAsync("", "CREATE USER root WITH PASSWORD 'first' WITH ALL PRIVILEGES");
        await using var room = await Room.StartAsync(guarded.Url, "User=root", "Token=second");
        room.History.TryTake([Some.Bare()], out var accepted);
        await Waiting.UntilAsync(() => !room.History.Status.Ok);
        Assert.Contains("401", room.History.Status.Detail, StringComparison.Ordinal);
        Assert.False(accepted.IsCompleted);

        await guarded.QueryAsync("", "SET PASSWORD FOR root = 'second'", "root", "first");
        await accepted.Soon();
        Assert.True(room.History.Status.Ok);
    }

    private async Task<long> CountAsync(string measurement, string field) =>
        (await influx.Server.QueryAsync(_database, $"SELECT count({field}) FROM {measurement}"))[0].Column("count")[0].GetInt64();

    private async Task WriteRawAsync(string line)
    {
        using var http = new HttpClient();
        using var content = new StringContent(line);
        using var answer = await http.PostAsync(new Uri(influx.Server.Url, $"write?db={_database}&precision=ms"), content, _stop);
        answer.EnsureSuccessStatusCode();
    }
}
