using System.Collections.Concurrent;
using System.IO.Compression;
using Fleet.Tests.Shared;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.History.Tests;

/// <summary>Databases that are away, slow, or full.</summary>
public sealed class OutageTests
{
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task InfluxDB_away_for_a_while_loses_nothing_and_doubles_nothing(bool killed)
    {
        const int reports = 4000;
        await using var influx = new InfluxServer();
        await influx.StartAsync();
        await using var room = await Room.StartAsync(influx.Url, "BatchLines=100");
        var accepted = new List<Task>();
        for (var seq = 0; seq < reports; seq += 10)
        {
            if (seq == reports / 4) await (killed ? influx.KillAsync() : influx.StopAsync());
            if (seq == reports / 2)
            {
                await Waiting.UntilAsync(() => !room.History.Status.Ok);
                await influx.StartAsync();
            }
            Assert.True(room.History.TryTake([.. Enumerable.Range(seq, 10).Select(n => Some.Bare($"T{n % 7}", Some.AtMs + n, n))], out var row));
            accepted.Add(row);
            await Task.Yield();
        }
        await Task.WhenAll(accepted).Soon();

        var found = (await influx.QueryAsync("fleet", "SELECT count(seq), sum(seq) FROM terminal"))[0];
        Assert.Equal(reports, found.Column("count")[0].GetInt64());
        Assert.Equal(reports * (reports - 1L) / 2, found.Column("sum")[0].GetInt64());
        Assert.True(room.History.Status.Ok);
        Assert.Equal(0, room.History.QueueBytes);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    public async Task A_server_that_asks_for_time_gets_it(string api)
    {
        var calls = new ConcurrentQueue<long>();
        await using var server = await FakeServer.StartAsync(async context =>
        {
            calls.Enqueue(TimeProvider.System.GetTimestamp());
            if (calls.Count > 1) return;
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "1";
            await context.Response.WriteAsync("compacting");
        });
        await using var room = await Room.StartAsync(server.Url, $"Api={api}", "CreateDatabase=false");
        room.History.TryTake([Some.Bare()], out var accepted);
        await accepted.Soon();

        var at = calls.ToArray();
        Assert.Equal(2, at.Length);
        Assert.True(TimeProvider.System.GetElapsedTime(at[0], at[1]) >= TimeSpan.FromSeconds(0.95)); // timers have a grain
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    public async Task A_server_that_does_not_answer_in_time_is_asked_again(string api)
    {
        var calls = 0;
        await using var server = await FakeServer.StartAsync(async context =>
        {
            if (Interlocked.Increment(ref calls) == 1) await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using var room = await Room.StartAsync(server.Url, $"Api={api}", "CreateDatabase=false", "Timeout=00:00:00.200");
        room.History.TryTake([Some.Bare()], out var accepted);
        await accepted.Soon();
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task A_server_that_refuses_a_whole_batch_is_given_halves_until_only_the_bad_line_is_left()
    {
        var stored = new ConcurrentBag<string>();
        await using var server = await FakeServer.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var lines = (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (lines.Any(line => line.Contains("seq=13i", StringComparison.Ordinal)))
            {
                context.Response.StatusCode = 400;
                await context.Response.WriteAsync("""{"code":"invalid","message":"unable to parse 'terminal,…': bad luck"}""");
            }
            else Array.ForEach(lines, stored.Add);
        });
        using var refused = new Measured("fleet.history.points", "refused");
        await using var room = await Room.StartAsync(server.Url, "Api=v2");
        room.History.TryTake([.. Enumerable.Range(0, 100).Select(n => Some.Bare(seq: n))], out var accepted);
        await accepted.Soon();
        Assert.Equal(99, stored.Distinct().Count());
        Assert.Equal(1, refused.Sum);
    }

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task The_v2_api_says_who_writes_where_and_what(string gzip)
    {
        var seen = new ConcurrentQueue<string>();
        await using var server = await FakeServer.StartAsync(async context =>
        {
            await using var body = gzip == "true" ? new GZipStream(context.Request.Body, CompressionMode.Decompress) : context.Request.Body;
            using var reader = new StreamReader(body);
            seen.Enqueue($"{context.Request.Path}{context.Request.QueryString} {context.Request.Headers.Authorization} {await reader.ReadToEndAsync()}");
        });
        await using var room = await Room.StartAsync(new Uri(server.Url, "behind/a/proxy"), [Some.Terminal("T1") with { Merchant = "Café" }], _ => { },
            "Api=v2", "Bucket=a b", "Org=o&o", "Token=t0k", $"Gzip={gzip}");
        room.History.TryTake([Some.Bare("T1")], out var accepted);
        await accepted.Soon();
        var write = Assert.Single(seen);
        Assert.StartsWith("/behind/a/proxy/api/v2/write?org=o%26o&bucket=a%20b&precision=ms Token t0k terminal,", write, StringComparison.Ordinal);
        Assert.Contains("Café", write, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, """{"code":"unauthorized","message":"unauthorized access"}""", nameof(WriteResult.RetryLater), true, 0)]
    [InlineData(404, """{"code":"not found","message":"bucket \"fleet\" not found"}""", nameof(WriteResult.RetryLater), true, 0)]
    [InlineData(302, "", nameof(WriteResult.RetryLater), true, 0)]
    [InlineData(500, "", nameof(WriteResult.RetryLater), false, 0)]
    [InlineData(422, """{"code":"unprocessable entity","message":"failure writing points to database: partial write: field type conflict dropped=2"}""", nameof(WriteResult.PartlyRefused), false, 2)]
    [InlineData(400, """{"error":"partial write of line protocol occurred","data":[{"line_number":2},{"line_number":5},{"line_number":6}]}""", nameof(WriteResult.PartlyRefused), false, 3)]
    public async Task The_v2_apis_answers_are_understood(int status, string body, string result, bool needsOperator, int refused)
    {
        await using var server = await FakeServer.StartAsync(async context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            if (status == 302) context.Response.Headers.Location = "/login";
            await context.Response.WriteAsync(body);
        });
        using var database = new InfluxV2Database(new InfluxOptions { Url = server.Url }, TimeProvider.System);
        var outcome = await database.WriteAsync("terminal seq=1i 1\n"u8.ToArray(), _stop);
        Assert.Equal((result, needsOperator, refused), (outcome.Result.ToString(), outcome.NeedsOperator, outcome.RefusedLines));
        Assert.Contains($"{status}", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_a_stop_is_thrown_by_the_v2_api()
    {
        using var nowhere = new InfluxV2Database(new InfluxOptions { Url = new($"http://127.0.0.1:{ServerProcess.FreePort()}") }, TimeProvider.System);
        Assert.Equal(WriteResult.RetryLater, (await nowhere.WriteAsync("terminal seq=1i 1\n"u8.ToArray(), _stop)).Result);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => nowhere.WriteAsync("terminal seq=1i 1\n"u8.ToArray(), new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_full_queue_takes_nothing_until_there_is_room()
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await FakeServer.StartAsync(_ => open.Task);
        await using var room = await Room.StartAsync(server.Url, "CreateDatabase=false", "BatchBytes=16384", "QueueBytes=32768");
        var row = Enumerable.Range(0, 100).Select(n => Some.Bare(seq: n)).ToArray();
        var accepted = new List<Task>();
        Task last;
        while (room.History.TryTake(row, out last)) accepted.Add(last);
        Assert.True(last.IsCanceled);
        var roomAgain = room.History.RoomAsync(_stop);
        Assert.False(roomAgain.IsCompleted);
        Assert.InRange(room.History.QueueBytes, 16384, 32768);

        open.SetResult();
        await roomAgain.Soon();
        Assert.True(room.History.TryTake(row, out last));
        await Task.WhenAll([.. accepted, last]).Soon();
    }

    [Fact]
    public async Task A_stop_with_a_dead_server_ends_in_time_and_leaves_the_points_to_the_journal()
    {
        var nowhere = new Uri($"http://127.0.0.1:{ServerProcess.FreePort()}");
        var room = await Room.StartAsync(nowhere, "StopTimeout=00:00:00.300", "BatchLines=1");
        Assert.True(room.History.TryTake([.. Enumerable.Range(0, 50).Select(n => Some.Bare(seq: n))], out var accepted));
        await room.StopAsync().WaitAsync(TimeSpan.FromSeconds(5), _stop);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepted);
        Assert.False(room.History.TryTake([Some.Bare()], out _));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => room.History.RoomAsync(_stop));
        await room.DisposeAsync();
    }

    [Fact]
    public async Task A_stop_sends_what_is_queued_first()
    {
        await using var influx = new InfluxServer();
        await influx.StartAsync();
        var room = await Room.StartAsync(influx.Url, "Linger=00:00:30");
        room.History.TryTake([Some.Bare()], out var accepted);
        await room.StopAsync();
        Assert.True(accepted.IsCompletedSuccessfully);
        await room.DisposeAsync();
    }

    [Fact]
    public async Task Without_a_history_all_is_accepted_at_once()
    {
        await using var room = await Room.StartAsync(new Uri("http://127.0.0.1:1"), "Api=none");
        Assert.True(room.History.TryTake([Some.Report()], out var accepted));
        Assert.True(accepted.IsCompletedSuccessfully);
        Assert.True(room.History.Status.Ok);
    }

    [Fact]
    public async Task The_null_api_pays_the_whole_way_and_keeps_nothing()
    {
        using var counted = new Measured("fleet.history.points", "accepted");
        await using var room = await Room.StartAsync(new Uri("http://127.0.0.1:1"), "Api=null");
        Assert.True(room.History.TryTake([Some.Report(), Some.Report()], out var accepted));
        await accepted.Soon();
        Assert.Equal(2, counted.Sum);
    }

    [Fact]
    public async Task VictoriaMetrics_takes_the_v2_api()
    {
        await using var victoria = new VictoriaServer();
        await victoria.StartAsync();
        await using var room = await Room.StartAsync(victoria.Url, "Api=v2");
        room.History.TryTake([.. Enumerable.Range(0, 50).Select(n => Some.Report("V1", Some.AtMs + n * 1000, n))], out var accepted);
        await accepted.Soon();

        var samples = await victoria.ExportAsync("{__name__=\"terminal_seq\"}");
        Assert.Equal(Enumerable.Range(0, 50).Select(n => (Some.AtMs + n * 1000L, (double)n)), samples.Select(s => (s.AtMs, s.Value)).Order());
        Assert.Equal(-101, (await victoria.ExportAsync("{__name__=\"terminal_signal_rsrp\"}"))[0].Value);
    }

    /// <summary>A tiny server that answers as a test says.</summary>
    private sealed class FakeServer(WebApplication app) : IAsyncDisposable
    {
        public Uri Url => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

        public static async Task<FakeServer> StartAsync(RequestDelegate answer)
        {
            var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
            builder.Logging.ClearProviders();
            var app = builder.Build();
            app.Run(answer);
            await app.StartAsync();
            return new FakeServer(app);
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
