using System.Runtime.CompilerServices;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Learning;

/// <summary>
/// When a terminal trades, by the hour of the week in UTC, learned from payments, receipts, card reads and printed
/// lines. Each of the 168 hours has a level of 0 to 15 that an hour with trade lifts by 6 and one without lowers by 3;
/// from 8 on it is open. So two weeks teach an hour and three without trade close it again, and a slow shop's hour
/// stays open while more than a third of its weeks have trade. One closed hour between two open ones is a lull.
/// <para>
/// Hours that the registry tells stand from then on as if they had been learned, and are corrected like these. While not
/// enough is known, and for a terminal that never trades, every hour counts as open; only whether silence may be a closing
/// is judged more cautiously (<see cref="OffUntilMs"/>). Summer time moves all hours by one and is followed like any
/// change. A terminal that reports less than hourly teaches nothing. 96 bytes in memory, about as many stored.
/// </para>
/// </summary>
internal struct TradingHours : IPart
{
    private const long HourMs = 3_600_000;
    private const int HoursOfWeek = 7 * 24;
    private const long WeekMs = HoursOfWeek * HourMs;

    /// <summary>1 January 1970 was a Thursday; hour 0 is Monday's first.</summary>
    private const int EpochHour = 3 * 24;

    private const int HoursToKnow = 2 * HoursOfWeek;
    private const int HoursOfDay = 24;

    /// <summary>Hardly a shop closes before it was open for so long: until then silence is no closing, and whoever tries us out sees it.</summary>
    private const int HoursToClose = 8;

    /// <summary>Local hours in which a shop of which nothing is known yet is hardly ever closed for the day.</summary>
    private const int DayFrom = 10, DayTo = 17;
    private const int Highest = 15;
    private const int OpenFrom = 8;
    private const int Rise = 6;
    private const int Fall = 3;

    private const int BitsOfLevel = 4;
    private const int LevelsOfWord = 32 / BitsOfLevel;
    private const int WordCount = (HoursOfWeek + LevelsOfWord - 1) / LevelsOfWord;

    [InlineArray(WordCount)]
    private struct Words
    {
        private uint _first;
    }

    private Words _levels;

    private uint _hour;
    private Moment _heardAtMs;
    private ushort _hoursLearned;
    private bool _hasTraded;

    /// <summary>Which hours of the registry it has taken over: their mark, 0 for none.</summary>
    private byte _told;

    public static string Name => "hours";

    /// <summary>The hour that is under way, in hours since 1970; 0 for none.</summary>
    public readonly long Hour => _hour;

    /// <summary>When the terminal was last heard, by our clock, to the second; 0 for never.</summary>
    public readonly long HeardAtMs => _heardAtMs;

    /// <summary>Whether two weeks were learned, or all was told, and some hour is open.</summary>
    public readonly bool IsKnown => _hoursLearned >= HoursToKnow && HasOpenHour;

    /// <summary>What the registry says counts when it is said first, or anew; what the terminal shows afterwards corrects it.</summary>
    public void BeTold(TerminalProfile profile, long atMs)
    {
        if ((profile.Hours?.Mark ?? 0) == _told) return;
        _told = profile.Hours?.Mark ?? 0;
        if (profile.Hours is not { } hours) return;
        var open = hours.HoursInUtc(atMs, profile.Zone ?? TimeZoneInfo.Utc);
        for (var slot = 0; slot < HoursOfWeek; slot++) SetLevel(slot, open[slot] ? Highest : 0);
        _hoursLearned = HoursToKnow;
    }

    /// <summary>A new report, by when it was written: hours that ended before it are learned.</summary>
    public void Hear(long atMs, in Growth growth)
    {
        var hour = atMs / HourMs;
        if (hour < _hour) return; // the clock was set back: it comes to this hour again
        if (hour > _hour) Learn(hour);
        // What was counted over a long gap may be yesterday's. Over a short one it was sold in the middle, for all that is
        // known: who paid just before closing must not open the hour after it.
        var gapMs = atMs - _heardAtMs;
        var isOfHourBefore = gapMs <= HourMs / 2 && (atMs - (gapMs / 2)) / HourMs < hour;
        if (gapMs <= HourMs && !isOfHourBefore && IsTrade(growth)) _hasTraded = true;
        _heardAtMs = atMs;
    }

    /// <summary>Whether it usually trades at this time.</summary>
    public readonly bool IsOpen(long atMs) => IsOpenHour(HourOfWeek(atMs / HourMs)) || !IsKnown;

    /// <summary>From when on it trades: the time itself where it is open then, else the next opening, Unix ms.</summary>
    public readonly long NextOpeningMs(long atMs)
    {
        if (IsOpen(atMs)) return atMs;
        var hour = (atMs / HourMs) + 1;
        while (!IsOpenHour(HourOfWeek(hour))) hour++; // it is known, so some hour is open
        return hour * HourMs;
    }

    /// <summary>
    /// Silence that became too long at a time: when the shop will open next, where the terminal may have been switched off
    /// because it has closed or does so within the margin; 0 where it trades, Unix ms.
    /// <para>
    /// While hours are not known, only those count in which there was trade before: of the same hour of the week once a week has
    /// passed, of any day until then; and in the first week the day after may be the day off, so a closing gets one day more. On
    /// the first day its first eight hours count as open, the middle of the day where the zone is known, and all of it where
    /// it is not: else the first fault after the installation would wait until the next day.
    /// </para>
    /// </summary>
    public readonly long OffUntilMs(long atMs, long marginMs, TerminalProfile profile)
    {
        if (IsKnown)
        {
            if (IsOpen(atMs) && IsOpen(atMs + marginMs)) return 0;
            return NextOpeningMs(IsOpen(atMs) ? atMs + marginMs : atMs);
        }
        if (!HasTradedEver || _hoursLearned < HoursToClose || (MayTrade(atMs, profile) && MayTrade(atMs + marginMs, profile))) return 0;
        var hour = (atMs / HourMs) + 1 + (_hoursLearned < HoursOfWeek ? HoursOfDay : 0);
        var last = hour + HoursOfWeek;
        while (hour < last && !HadTrade(hour)) hour++;
        return hour * HourMs;
    }

    private readonly bool MayTrade(long atMs, TerminalProfile profile)
    {
        if (HadTrade(atMs / HourMs)) return true;
        if (_hoursLearned >= HoursOfDay) return false;
        return profile.Zone is not { } zone || TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(atMs), zone).Hour is >= DayFrom and < DayTo;
    }

    /// <summary>Whether there was trade in this hour of the week, or of any day while no week is known; or before and after it.</summary>
    private readonly bool HadTrade(long hour) => HadTradeIn(hour) || (HadTradeIn(hour - 1) && HadTradeIn(hour + 1));

    private readonly bool HadTradeIn(long hour)
    {
        var (slot, isWeekKnown) = (HourOfWeek(hour), _hoursLearned >= HoursOfWeek);
        var period = isWeekKnown ? HoursOfWeek : HoursOfDay;
        if (_hasTraded && hour % period == _hour % period) return true;
        if (isWeekKnown) return Level(slot) > 0;
        for (var day = slot % HoursOfDay; day < HoursOfWeek; day += HoursOfDay)
            if (Level(day) > 0) return true;
        return false;
    }

    /// <summary>When it next stops trading, of this opening or of the next one where it is closed, Unix ms; 0 for never.</summary>
    public readonly long NextClosingMs(long atMs)
    {
        if (!IsKnown) return 0;
        var first = NextOpeningMs(atMs) / HourMs;
        for (var hour = first; hour < first + HoursOfWeek; hour++)
        {
            if (!IsOpenHour(HourOfWeek(hour))) return hour * HourMs;
        }
        return 0;
    }

    /// <summary>How much of the time between is trading time, ms.</summary>
    public readonly long OpenTimeMs(long fromMs, long toMs)
    {
        if (toMs <= fromMs) return 0;
        if (!IsKnown) return toMs - fromMs;
        var weeks = (toMs - fromMs) / WeekMs;
        var openMs = weeks * OpenHours * HourMs;
        for (var atMs = fromMs + (weeks * WeekMs); atMs < toMs;)
        {
            var nextMs = Math.Min(toMs, ((atMs / HourMs) + 1) * HourMs);
            if (IsOpen(atMs)) openMs += nextMs - atMs;
            atMs = nextMs;
        }
        return openMs;
    }

    /// <summary>When so much trading time has passed, Unix ms: what a forecast in trading time comes to.</summary>
    public readonly long AfterOpenTimeMs(long fromMs, long openMs)
    {
        if (!IsKnown || openMs <= 0) return fromMs + Math.Max(0, openMs);
        // A whole number of weeks, but never all of it: what is over is walked to its end hour.
        var weeks = (openMs - 1) / (OpenHours * HourMs);
        var (atMs, restMs) = (fromMs + (weeks * WeekMs), openMs - (weeks * OpenHours * HourMs));
        while (true)
        {
            atMs = NextOpeningMs(atMs);
            var leftMs = (((atMs / HourMs) + 1) * HourMs) - atMs;
            if (restMs <= leftMs) return atMs + restMs;
            (atMs, restMs) = (atMs + leftMs, restMs - leftMs);
        }
    }

    private static bool IsTrade(in Growth growth) => !growth.WentBack
        && (growth.Approved > 0 || growth.Receipts > 0 || growth.Lines > 0 || growth.Declines.All > 0
            || IsRead(growth.Swipe) || IsRead(growth.Chip) || IsRead(growth.Tap));

    private static bool IsRead(in ReadsGrown reads) => reads.Good > 0 || reads.Failed > 0;

    /// <summary>The hour under way has ended, and those up to another; of a silence over more than a week each hour counts once.</summary>
    private void Learn(long now)
    {
        if (_hour != 0)
        {
            var last = Math.Min(now, _hour + HoursOfWeek);
            for (var hour = _hour; hour < last; hour++)
            {
                var slot = HourOfWeek(hour);
                var isTrade = hour == _hour && _hasTraded;
                SetLevel(slot, Math.Clamp(Level(slot) + (isTrade ? Rise : -Fall), 0, Highest));
            }
            _hoursLearned = (ushort)Math.Min(HoursToKnow, _hoursLearned + last - _hour);
        }
        (_hour, _hasTraded) = ((uint)now, false);
    }

    /// <summary>Asked at every report, so it does not walk the week: a level from 8 on has the highest of its four bits.</summary>
    private readonly bool HasOpenHour => (AllLevels & 0x8888_8888) != 0;

    private readonly bool HasTradedEver => _hasTraded || AllLevels != 0;

    private readonly uint AllLevels
    {
        get
        {
            var levels = 0u;
            for (var i = 0; i < WordCount; i++) levels |= _levels[i];
            return levels;
        }
    }

    private readonly int OpenHours
    {
        get
        {
            var open = 0;
            for (var slot = 0; slot < HoursOfWeek; slot++) open += IsOpenHour(slot) ? 1 : 0;
            return open;
        }
    }

    private readonly bool IsOpenHour(int slot) => Level(slot) >= OpenFrom
        || (Level((slot + 1) % HoursOfWeek) >= OpenFrom && Level((slot + HoursOfWeek - 1) % HoursOfWeek) >= OpenFrom);

    private static int HourOfWeek(long hour) => (int)((hour + EpochHour) % HoursOfWeek);

    private readonly int Level(int slot) => (int)(_levels[slot / LevelsOfWord] >> Shift(slot)) & Highest;

    private void SetLevel(int slot, int level)
    {
        ref var word = ref _levels[slot / LevelsOfWord];
        word = (word & ~((uint)Highest << Shift(slot))) | ((uint)level << Shift(slot));
    }

    private static int Shift(int slot) => slot % LevelsOfWord * BitsOfLevel;

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _hour);
        codec.Field(ref _heardAtMs);
        codec.Field(ref _hasTraded);
        codec.Field(ref _hoursLearned);
        for (var i = 0; i < WordCount; i += 2) // two to a stored word
        {
            var word = _levels[i] | (i + 1 < WordCount ? (ulong)_levels[i + 1] << 32 : 0);
            codec.Field(ref word);
            _levels[i] = (uint)word;
            if (i + 1 < WordCount) _levels[i + 1] = (uint)(word >> 32);
        }
        codec.Field(ref _told);
    }
}
