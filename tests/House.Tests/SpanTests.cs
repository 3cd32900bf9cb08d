using Fleet.Host;
using Fleet.Host.Verbs;
using Microsoft.Extensions.Configuration;

namespace Fleet.House_Tests;

/// <summary>Times as people write them: 24:00:00 is no 24 days.</summary>
public sealed class SpanTests
{
    [Theory]
    [InlineData("24:00:00"), InlineData("48:00:00"), InlineData("1.24:00:00"), InlineData("60"), InlineData("a:b:c")]
    public void What_could_be_taken_for_days_is_refused(string text)
    {
        Assert.Null(Span.Written(text));
        Assert.Throws<FormatException>(() => Span.Parse(text));
        using var configuration = new ConfigurationManager();
        Settings.Read(configuration, [$"--Mqtt:ConnectTimeout={text}"]);
        Assert.Contains("hours up to 23", RunVerb.Explain(Assert.Throws<InvalidOperationException>(() => configuration.GetValue<TimeSpan>("Mqtt:ConnectTimeout"))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("23:59:59", 86_399), InlineData("2.00:00:00", 172_800), InlineData("00:00:00.5", 0.5)]
    public void What_is_written_as_it_should_be_is_read(string text, double seconds) => Assert.Equal(seconds, Span.Parse(text).TotalSeconds);
}
