using System.Text.Json;
using System.Text.Unicode;

namespace Fleet.Grains.Reports;

/// <summary>
/// Reads payloads of docs/wire.md into reports. One per pump: it keeps a small cache of strings that repeat. Never
/// throws on what a sender chose.
/// <para>
/// A payload is one JSON object. On <c>report</c> and <c>event</c> its fields are <c>at</c>, <c>seq</c> and the
/// sections; on a section's own topic the section's fields stand beside <c>at</c> and <c>seq</c>, or the section is
/// wrapped as in a whole report. Fields that are not known are passed over, null is the same as not sent, and a field
/// sent twice counts as sent last. <c>at</c> is a number of Unix ms, or ISO 8601 (<c>2026-09-21T09:15:00+08:00</c>;
/// without a zone it is UTC). Counters are whole numbers from 0 (3.0 is 3).
/// </para>
/// <para>
/// Words may be written in snake, kebab or camel case; unknown ones read as Unknown. <c>printer.state</c>: ok, busy,
/// paper-out (or out-of-paper), paper-low, cover-open, jam, overheat, malfunction, voltage-low. <c>signal.link</c>:
/// cellular, wifi, wired, none. <c>signal.rat</c>: gsm, umts, lte, nr. <c>signal.sim</c>: ready, absent, error,
/// locked, denied. <c>power.source</c>: mains, battery.
/// </para>
/// </summary>
public sealed class ReportReader
{
    /// <summary>Room for hundreds of fields more than there are; what is larger is not a report.</summary>
    public const int LargestPayloadBytes = 64 * 1024;

    /// <summary>More than any host or firmware has different codes at once.</summary>
    public const int MostCodes = 32;

    /// <summary>A terminal stores reports while it is off-line, seldom longer than a season; a year is the outer bound.</summary>
    public static readonly TimeSpan OldestReport = TimeSpan.FromDays(366);

    /// <summary>A clock set to local time without a zone is up to 14 hours ahead; a day is already a wrong clock.</summary>
    public static readonly TimeSpan FurthestAhead = TimeSpan.FromHours(24);

    private readonly RecurringTexts _texts = new();

    /// <summary>Reads one payload; <see cref="Refusal.None"/> and a report, or why not.</summary>
    /// <param name="payload">The payload as it arrived. Whether it holds a card number is the door's question (<see cref="CardNumbers"/>).</param>
    /// <param name="serial">From the topic.</param>
    /// <param name="section">What the topic's last level named.</param>
    /// <param name="receivedAtMs">When the journal took it, Unix ms.</param>
    /// <param name="ordinal">Its place in the journal: the sequence number of a report that brings none.</param>
    /// <param name="report">The report, when it was read.</param>
    public Refusal Read(ReadOnlySpan<byte> payload, string serial, Section section, long receivedAtMs, long ordinal, out Report? report)
    {
        report = null;
        if (payload.Length > LargestPayloadBytes) return Refusal.TooLarge;
        if (section is Section.Status or Section.Result) return Refusal.UnknownTopic;
        if (!Utf8.IsValid(payload)) return Refusal.NotJson;

        var json = new JsonFields(payload, _texts);
        var read = new Report { Serial = serial, ReceivedAtMs = receivedAtMs, AtMs = receivedAtMs, Seq = ordinal };
        try
        {
            if (json.Begin()) ReadFields(ref json, read, section);
            json.End();
        }
        catch (JsonException)
        {
            return Refusal.NotJson;
        }
        if (json.Refusal != Refusal.None) return json.Refusal;
        if (IsClockOff(read)) return Refusal.ClockOff;
        report = read;
        return Refusal.None;
    }

    private static bool IsClockOff(Report report) =>
        report.AtMs < report.ReceivedAtMs - (long)OldestReport.TotalMilliseconds
        || report.AtMs > report.ReceivedAtMs + (long)FurthestAhead.TotalMilliseconds;

    private static void ReadFields(ref JsonFields json, Report report, Section section)
    {
        while (json.NextField())
        {
            if (json.Name.SequenceEqual("at"u8)) report.AtMs = json.Time() ?? report.ReceivedAtMs;
            else if (json.Name.SequenceEqual("seq"u8)) ReadSeq(ref json, report);
            else if (section is Section.Report or Section.Event) ReadSection(ref json, report);
            else if (Sections.Named(json.Name) == section) ReadSection(ref json, report);
            else ReadSectionField(ref json, report, section);
        }
    }

    private static void ReadSeq(ref JsonFields json, Report report)
    {
        if (json.Count() is not { } seq) return;
        report.Seq = seq;
        report.HasSeq = true;
    }

    private static void ReadSection(ref JsonFields json, Report report)
    {
        var section = Sections.Named(json.Name);
        if (section is null) json.Skip();
        else if (json.IsObject())
        {
            while (json.NextField()) ReadSectionField(ref json, report, section.Value);
        }
    }

    private static void ReadSectionField(ref JsonFields json, Report report, Section section)
    {
        var known = section switch
        {
            Section.Heartbeat => Sections.Read(ref json, report.Heartbeat ??= new()),
            Section.Printer => Sections.Read(ref json, report.Printer ??= new()),
            Section.Signal => Sections.Read(ref json, report.Signal ??= new()),
            Section.Reader => Sections.Read(ref json, report.Reader ??= new()),
            Section.Payment => Sections.Read(ref json, report.Payment ??= new()),
            Section.Power => Sections.Read(ref json, report.Power ??= new()),
            Section.System => Sections.Read(ref json, report.System ??= new()),
            Section.Security => Sections.Read(ref json, report.Security ??= new()),
            _ => false,
        };
        if (!known) json.Skip();
    }
}
