using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Fleet.Grains.Terminals;

/// <summary>
/// When a shop is open, as the registry tells it, in the site's time zone: a small part of the notation of
/// OpenStreetMap's <c>opening_hours</c>, e.g. <c>Mo-Fr 08:00-12:00,13:00-18:00; Sa 09:00-14:00; Su off</c> or <c>24/7</c>.
/// A later rule replaces what earlier ones say of its days; one without days is for all seven. Times past midnight are
/// written <c>18:00-02:00</c>. Months, weeks, holidays and comments are refused.
/// </summary>
public sealed class OpeningHours
{
    /// <summary>In characters; what is longer is no opening hours of a shop.</summary>
    public const int Longest = 200;

    private const int MinutesOfDay = 24 * 60, DaysOfWeek = 7, HoursOfWeek = DaysOfWeek * 24;
    private const int MinutesOfWeek = DaysOfWeek * MinutesOfDay;

    private static readonly string[] s_days = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];

    /// <summary>Of each day, Monday first: from and to in minutes of the day, to past midnight above 1440.</summary>
    private readonly ImmutableArray<(int From, int To)>[] _open;

    private OpeningHours(string text, ImmutableArray<(int, int)>[] open) =>
        (Text, _open, Mark) = (text, open, (byte)((Parts.Hash(text) % byte.MaxValue) + 1));

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>A hash of it, 1 to 255: by it a terminal sees that it was told others.</summary>
    internal byte Mark { get; }

    /// <param name="wrong">What is wrong with it, a sentence's end: "…, which is no day".</param>
    public static bool TryRead(string text, [NotNullWhen(true)] out OpeningHours? hours, [NotNullWhen(false)] out string? wrong)
    {
        hours = null;
        var open = new ImmutableArray<(int, int)>[DaysOfWeek];
        Array.Fill(open, []);
        if ((wrong = text.Length > Longest ? $"has more than {Longest} characters" : null) is not null) return false;
        foreach (var rule in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            if ((wrong = Read(rule, open)) is not null) return false;
        if ((wrong = open.All(day => day.IsEmpty) ? "is never open" : null) is not null) return false;
        hours = new(text, open);
        return true;
    }

    /// <summary>
    /// Which hours of the week in UTC, Monday's first being 0, have any time in which it is open, with the zone's offset of
    /// that moment: with summer time they move.
    /// </summary>
    public bool[] HoursInUtc(long atMs, TimeZoneInfo zone)
    {
        var offset = (int)zone.GetUtcOffset(DateTimeOffset.FromUnixTimeMilliseconds(atMs)).TotalMinutes;
        var hours = new bool[HoursOfWeek];
        for (var day = 0; day < DaysOfWeek; day++)
        {
            foreach (var (from, to) in _open[day])
            {
                var (first, after) = ((day * MinutesOfDay) + from - offset + MinutesOfWeek, (day * MinutesOfDay) + to - offset + MinutesOfWeek);
                for (var hour = first / 60; hour * 60 < after; hour++) hours[hour % HoursOfWeek] = true;
            }
        }
        return hours;
    }

    /// <summary>One rule into the days it names; what is wrong with it, or null.</summary>
    private static string? Read(string rule, ImmutableArray<(int, int)>[] open)
    {
        var words = rule.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is ["24/7"]) words = ["00:00-24:00"];
        if (words.Length is 0 or > 2) return $"has '{rule}', which is not days and times";
        var days = Enumerable.Range(0, DaysOfWeek).ToList();
        if (words.Length == 2 && ReadDays(words[0], days) is { } wrongDay) return wrongDay;
        var times = ImmutableArray.CreateBuilder<(int, int)>();
        if (words[^1] is not ("off" or "closed"))
        {
            foreach (var span in words[^1].Split(','))
            {
                if (span.Split('-') is not [var from, var to] || Minutes(from) is not { } fromMinutes || Minutes(to) is not { } toMinutes || fromMinutes == toMinutes)
                    return $"has '{span}', which is no time from-to as 08:00-18:00";
                times.Add((fromMinutes, toMinutes > fromMinutes ? toMinutes : toMinutes + MinutesOfDay));
            }
        }
        foreach (var day in days) open[day] = times.ToImmutable();
        return null;
    }

    private static string? ReadDays(string text, List<int> days)
    {
        days.Clear();
        foreach (var span in text.Split(','))
        {
            var ends = span.Split('-').Select(name => Array.IndexOf(s_days, name)).ToArray();
            if (ends.Length > 2 || ends.Contains(-1)) return $"has '{span}', which is no day or span of days; days are {string.Join(", ", s_days)}";
            for (var day = ends[0]; ; day = (day + 1) % DaysOfWeek) // Sa-Mo goes over the week's end
            {
                days.Add(day);
                if (day == ends[^1]) break;
            }
        }
        return null;
    }

    private static int? Minutes(string time) =>
        time == "24:00" ? MinutesOfDay
        : TimeOnly.TryParseExact(time, ["HH:mm", "H:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var at) ? (at.Hour * 60) + at.Minute
        : null;
}
