using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fleet.History.Tests;

public sealed class PolicyTests
{
    private static readonly Backoff s_backoff = new(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(30));

    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 1)]
    [InlineData(6, 16)]
    [InlineData(7, 30)]
    [InlineData(5000, 30)]
    public void The_wait_doubles_up_to_its_limit(int failures, double seconds)
    {
        Assert.Equal(seconds, s_backoff.After(failures, jitter: 1).TotalSeconds);
        Assert.Equal(seconds / 2, s_backoff.After(failures, jitter: 0).TotalSeconds);
    }

    [Fact]
    public void What_the_server_asks_for_is_obeyed_within_reason()
    {
        Assert.Equal(60, s_backoff.After(1, 0, TimeSpan.FromSeconds(60)).TotalSeconds);
        Assert.Equal(0.5, s_backoff.After(1, 1, TimeSpan.FromSeconds(-5)).TotalSeconds);
        Assert.Equal(Backoff.LongestAskedFor, s_backoff.After(1, 0, TimeSpan.FromDays(1)));
    }

    [Theory]
    [InlineData(204, "", "Accepted", 0)]
    [InlineData(400, """{"error":"partial write: field type conflict: input field \"x\" on measurement \"t\" is type float, already exists as type integer dropped=12"}""", "PartlyRefused", 12)]
    [InlineData(400, """{"error":"partial write: points beyond retention policy dropped=2"}""", "PartlyRefused", 2)]
    [InlineData(400, """{"error":"partial write: unable to parse 'garbage': missing fields\nunable to parse 't,s=c x= 3000': missing field value dropped=0"}""", "PartlyRefused", 2)]
    [InlineData(400, """{"error":"unable to parse 'garbage': missing fields"}""", "Refused", 1)]
    [InlineData(422, """{"code":"unprocessable entity","message":"failure writing points to database: partial write: field type conflict dropped=3"}""", "PartlyRefused", 3)]
    [InlineData(400, """{"error":"partial write of line protocol occurred","data":[{"original_line":"x","line_number":2,"error_message":"no"}]}""", "PartlyRefused", 1)]
    [InlineData(413, "<html>nginx</html>", "Refused", 0)]
    [InlineData(400, """{"error":"database is required"}""", "RetryLater", 0)]
    [InlineData(401, """{"error":"authorization failed"}""", "RetryLater", 0)]
    [InlineData(404, """{"error":"database not found: \"fleet\""}""", "RetryLater", 0)]
    [InlineData(302, "", "RetryLater", 0)]
    [InlineData(429, "", "RetryLater", 0)]
    [InlineData(500, """{"error":"timeout"}""", "RetryLater", 0)]
    public void Answers_are_understood(int status, string body, string result, int refused)
    {
        var outcome = InfluxAnswer.Read((HttpStatusCode)status, body, retryAfter: null);
        Assert.Equal((result, refused), (outcome.Result.ToString(), outcome.RefusedLines));
        Assert.Equal(status is 400 or 401 or 404 or 302 && result == "RetryLater", outcome.NeedsOperator);
    }

    [Theory]
    [InlineData("Influx:Url", "Url=ftp://x")]
    [InlineData("Influx:Url", "Url=http://u:p@x")]
    [InlineData("Influx:Database", "Database=")]
    [InlineData("Influx:BatchLines is 0", "BatchLines=0")]
    [InlineData("Influx:QueueBytes is 20000: it must hold at least one batch, Influx:BatchBytes is 1048576", "QueueBytes=20000")]
    [InlineData("Influx:RetryFirst is 00:00:40 and Influx:RetryLongest is 00:00:30", "RetryFirst=00:00:40")]
    [InlineData("Influx:Token", "Token=secret")]
    [InlineData("Databse", "Databse=fleet")]
    [InlineData("Influx:Writers", "Writers=many")]
    public void A_wrong_setting_is_named(string named, string setting)
    {
        using var services = new ServiceCollection().AddLogging().AddHistory(Room.Configured(setting)).BuildServiceProvider();
        var error = Assert.ThrowsAny<Exception>(() => services.GetRequiredService<IOptions<InfluxOptions>>().Value);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_default_is_right()
    {
        using var services = new ServiceCollection().AddLogging().AddHistory(Room.Configured()).BuildServiceProvider();
        Assert.Equal(InfluxApi.V1, services.GetRequiredService<IOptions<InfluxOptions>>().Value.Api);
    }
}
