using System.Globalization;
using Fleet.Grains;
using Fleet.Grains.Neighbours;
using Fleet.Simulator.Shops;

namespace Fleet.Bench.Detection;

/// <summary>All findings of a fleet in the order of time, as the alert book takes them: held, collapsed, told.</summary>
internal static class Town
{
    /// <summary>How often groups are asked and held alerts looked at, as in the product.</summary>
    private const long BeatMs = 1_000;

    /// <summary>What people are told of, in order.</summary>
    public static List<Raised> Told(BelievableFleet fleet, IReadOnlyList<Driven> driven)
    {
        var indices = Enumerable.Range(0, fleet.Terminals).ToDictionary(FleetTerminal.SerialOf, StringComparer.Ordinal);
        var profiles = indices.ToDictionary(one => one.Key, one => Drive.ProfileOf(fleet.ShopOf(one.Value)), StringComparer.Ordinal);
        var registered = profiles.Values.Select(profile => Surroundings.Of(profile, default)).SelectMany(one => GroupKind.All, (one, kind) => kind.SubjectIn(one))
            .OfType<string>().CountBy(subject => subject).ToDictionary(StringComparer.Ordinal);
        var ofSite = profiles.ToLookup(one => GroupKind.Site.SubjectIn(Surroundings.Of(one.Value, default))!, one => one.Key, StringComparer.Ordinal);
        var census = new Census();
        var neighbourhood = new Neighbourhood(serial => Surroundings.Of(profiles[serial], census.Find(serial)),
            subject => GroupKind.Of(subject) is { IsOfCensus: true } ? census.CountOf(subject) : registered.GetValueOrDefault(subject), new Holding(), census,
            site => ofSite[site]);
        var told = new List<Raised>();
        var nowMs = fleet.StartMs;
        var said = driven.SelectMany(one => one.Said, (_, one) => (one.AtMs, Said: (Said?)one.Said, Finding: (Finding?)null));
        var found = driven.SelectMany(one => one.Findings, (_, one) => (one.AtMs, Said: (Said?)null, Finding: (Finding?)one.Finding));
        foreach (var one in said.Concat(found).OrderBy(one => one.AtMs))
        {
            PassUntil(one.AtMs);
            if (one.Said is { } entry) census.Put(entry, one.AtMs);
            if (one.Finding is { } finding) neighbourhood.Hear(finding);
        }
        PassUntil(fleet.EndMs);
        return told;

        void PassUntil(long untilMs)
        {
            for (; nowMs < untilMs && neighbourhood.IsRestless; nowMs += BeatMs)
                foreach (var finding in neighbourhood.Tick(nowMs))
                    if (finding.Kind == FindingKind.Raised) told.Add(new(indices.GetValueOrDefault(finding.Subject, -1), finding.Fault, nowMs, finding.Subject, Text(finding)));
            nowMs = Math.Max(nowMs, untilMs);
        }
    }

    private static string Text(Finding finding) =>
        string.Join(", ", finding.Evidence.Select(one => $"{one.Name} {one.Text ?? one.Number?.ToString(CultureInfo.InvariantCulture)}"));
}
