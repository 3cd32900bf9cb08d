using Fleet.Grains.Reports;

namespace Fleet.Grains.Terminals;

/// <summary>
/// How long ago each section was last carried, so that of a report overtaken by a newer one what it alone carries is not
/// lost. Four bits a section: 15 less the spans of 4 s between what carried it last and the newest report, 0 for a
/// minute and more. Within one span nobody knows which was first, so that counts as carried. The heartbeat's uptime is of
/// its own moment, and is not made up for.
/// </summary>
internal static class Carried
{
    private const long SpanMs = 4_000;
    private const int Now = 15;
    private const int Bits = 4;
    private const int Sections = 7;

    /// <summary>With a report that is the newest from now on.</summary>
    /// <param name="beforeMs">The time of the newest before it, Unix ms.</param>
    public static uint By(uint carried, Report newest, long beforeMs)
    {
        var spans = (newest.AtMs / SpanMs) - (beforeMs / SpanMs);
        var result = 0u;
        for (var section = 0; section < Sections; section++)
        {
            // A clock that was set back tells nothing of what came before: nothing older than that is taken in.
            var freshness = spans < 0 || Has(newest, section) ? Now : Math.Max(0, Of(carried, section) - spans);
            result |= (uint)freshness << (Bits * section);
        }
        return result;
    }

    /// <summary>Of a late report the sections that nothing newer has carried, as of the newest time; null where there are none.</summary>
    public static Report? Left(ref uint carried, Report late, long newestMs)
    {
        var freshness = Now - ((newestMs / SpanMs) - (late.AtMs / SpanMs));
        Report? left = null;
        for (var section = 0; section < Sections; section++)
        {
            if (!Has(late, section) || Of(carried, section) >= freshness) continue;
            left ??= new() { Serial = late.Serial, AtMs = newestMs, ReceivedAtMs = late.ReceivedAtMs, Seq = late.Seq, HasSeq = late.HasSeq };
            Take(left, late, section);
            carried = (carried & ~((uint)Now << (Bits * section))) | ((uint)freshness << (Bits * section));
        }
        return left;
    }

    private static int Of(uint carried, int section) => (int)(carried >> (Bits * section)) & Now;

    private static bool Has(Report report, int section) => section switch
    {
        0 => report.Printer is not null,
        1 => report.Signal is not null,
        2 => report.Reader is not null,
        3 => report.Payment is not null,
        4 => report.Power is not null,
        5 => report.System is not null,
        _ => report.Security is not null,
    };

    private static void Take(Report to, Report from, int section)
    {
        switch (section)
        {
            case 0: to.Printer = from.Printer; break;
            case 1: to.Signal = from.Signal; break;
            case 2: to.Reader = from.Reader; break;
            case 3: to.Payment = from.Payment; break;
            case 4: to.Power = from.Power; break;
            case 5: to.System = from.System; break;
            default: to.Security = from.Security; break;
        }
    }
}
