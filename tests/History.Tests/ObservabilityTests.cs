using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Fleet.History.Tests;

public sealed class ObservabilityTests
{
    [Fact]
    public void Log_messages_have_numbers_of_their_own_in_the_rooms_range()
    {
        var numbers = typeof(HistoryLog).GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly)
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>().Select(message => message.EventId).ToArray();
        Assert.NotEmpty(numbers);
        Assert.Equal(numbers.Length, numbers.Distinct().Count());
        Assert.All(numbers, number => Assert.InRange(number, 2000, 2999));
    }

    [Fact]
    public void Every_metric_has_a_unit_and_a_description()
    {
        var published = new List<Instrument>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == HistoryMetrics.MeterName) published.Add(instrument);
            },
        };
        RuntimeHelpers.RunClassConstructor(typeof(HistoryMetrics).TypeHandle); // instruments exist, whichever test runs first
        listener.Start();
        Assert.Equal(5, published.Count);
        Assert.All(published, instrument => Assert.False(string.IsNullOrEmpty(instrument.Unit) || string.IsNullOrEmpty(instrument.Description), instrument.Name));
    }
}
