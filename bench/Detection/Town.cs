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
        var around = new Dictionary<string, Surroundings>(StringComparer.Ordinal);
        var indices = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var index = 0; index < fleet.Terminals; index++)
        {
            var serial = FleetTerminal.SerialOf(index);
            (around[serial], indices[serial]) = (Surroundings.Of(Drive.ProfileOf(fleet.ShopOf(index))), index);
        }
        var members = around.Values.SelectMany(one => GroupKind.All, (one, kind) => kind.SubjectIn(one)).OfType<string>().CountBy(subject => subject).ToDictionary(StringComparer.Ordinal);
        var neighbourhood = new Neighbourhood(serial => around[serial], subject => members.GetValueOrDefault(subject), new Holding());
        var told = new List<Raised>();
        var nowMs = fleet.StartMs;
        foreach (var (atMs, finding) in driven.SelectMany(one => one.Findings).OrderBy(one => one.AtMs))
        {
            PassUntil(atMs);
            neighbourhood.Hear(finding);
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
