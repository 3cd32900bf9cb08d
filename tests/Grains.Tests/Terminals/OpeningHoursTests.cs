using Fleet.Grains.Terminals;

namespace Fleet.Grains_Tests.Terminals;

public sealed class OpeningHoursTests
{
    private static readonly long s_winter = new DateTimeOffset(2026, 1, 5, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private static readonly long s_summer = new DateTimeOffset(2026, 7, 6, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    [Theory]
    [InlineData("Mo-Fr 08:00-18:00; Sa 09:00-14:00", "0:8-18 1:8-18 2:8-18 3:8-18 4:8-18 5:9-14")]
    [InlineData("08:30-18:30; We,Su off", "0:8-19 1:8-19 3:8-19 4:8-19 5:8-19")]
    [InlineData("Mo 8:00-12:00,13:00-18:00", "0:8-12 0:13-18")]
    [InlineData("Sa-Mo 22:00-02:00", "0:0-2 0:22-24 1:0-2 5:22-24 6:0-2 6:22-24")]
    [InlineData("Tu 00:00-24:00", "1:0-24")]
    [InlineData("Mo-Su 10:00-11:00; Mo closed; Tu-Su off; We 20:00-20:10", "2:20-21")]
    public void Days_and_times_are_read_as_OpenStreetMap_has_them(string text, string hours) => Assert.Equal(hours, Spans(Read(text).HoursInUtc(s_winter, TimeZoneInfo.Utc)));

    [Fact]
    public void All_the_time_is_written_24_7() => Assert.DoesNotContain(false, Read("24/7").HoursInUtc(s_winter, TimeZoneInfo.Utc));

    [Fact]
    public void Hours_are_those_of_the_sites_zone_and_move_with_its_summer_time()
    {
        var dublin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Dublin");
        Assert.Equal(("0:9-17", "0:8-16"), (Spans(Read("Mo 09:00-17:00").HoursInUtc(s_winter, dublin)), Spans(Read("Mo 09:00-17:00").HoursInUtc(s_summer, dublin))));
        // Monday's early morning in Shanghai is Sunday in UTC.
        Assert.Equal("6:22-24", Spans(Read("Mo 06:00-08:00").HoursInUtc(s_winter, TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai"))));
    }

    [Theory]
    [InlineData("", "is never open")]
    [InlineData("Mo off", "is never open")]
    [InlineData("Mon 08:00-18:00", "has 'Mon', which is no day")]
    [InlineData("PH off", "has 'PH', which is no day")]
    [InlineData("Mo 8-18", "has '8-18', which is no time from-to")]
    [InlineData("Mo 08:00-25:00", "has '08:00-25:00', which is no time")]
    [InlineData("Mo 08:00+", "has '08:00+', which is no time")]
    [InlineData("Mo 08:00-08:00", "has '08:00-08:00', which is no time")]
    [InlineData("Jan Mo 08:00-18:00", "has 'Jan Mo 08:00-18:00', which is not days and times")]
    public void What_is_not_understood_is_named(string text, string message)
    {
        Assert.False(OpeningHours.TryRead(text, out _, out var wrong));
        Assert.Contains(message, wrong, StringComparison.Ordinal);
    }

    private static OpeningHours Read(string text) => OpeningHours.TryRead(text, out var hours, out var wrong) ? hours : throw new ArgumentException(wrong, nameof(text));

    /// <summary>Open spans as day:from-to, Monday being 0.</summary>
    private static string Spans(bool[] hours) => string.Join(' ', Enumerable.Range(0, 7).SelectMany(day => Enumerable.Range(0, 24)
        .Where(hour => hours[(day * 24) + hour] && (hour == 0 || !hours[(day * 24) + hour - 1]))
        .Select(from => $"{day}:{from}-{from + Enumerable.Range(0, 24 - from).TakeWhile(n => hours[(day * 24) + from + n]).Count()}")));
}
