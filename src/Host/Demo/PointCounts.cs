using System.Text.Json;

namespace Fleet.Host.Demo;

/// <summary>What is in InfluxDB, asked of it in InfluxQL.</summary>
/// <param name="OfTerminals">Points of measurement <c>terminal</c>, by serial.</param>
/// <param name="AlertsRaised">Points of measurement <c>alert</c> that say raised, and <paramref name="AlertsCleared"/> cleared.</param>
internal sealed record PointCounts(IReadOnlyDictionary<string, long> OfTerminals, long AlertsRaised, long AlertsCleared)
{
    public static async Task<PointCounts> ReadAsync(Uri influx, CancellationToken stop)
    {
        using var http = new HttpClient { BaseAddress = influx };
        async Task<Dictionary<string, long>> CountAsync(string query) => Counts(await http.GetFromJsonAsync<JsonElement>($"/query?db=fleet&q={Uri.EscapeDataString(query)}", stop));
        var terminals = await CountAsync("select count(seq) from terminal group by serial");
        var raised = await CountAsync("select count(active) from alert where state = 'raised' group by serial");
        var cleared = await CountAsync("select count(active) from alert where state = 'cleared' group by serial");
        return new(terminals, raised.Values.Sum(), cleared.Values.Sum());
    }

    /// <summary>The count of each series, by serial; none where nothing was written yet.</summary>
    private static Dictionary<string, long> Counts(JsonElement answer) => answer.GetProperty("results")[0].TryGetProperty("series", out var series)
        ? series.EnumerateArray().ToDictionary(s => s.GetProperty("tags").GetProperty("serial").GetString()!, s => s.GetProperty("values")[0][1].GetInt64())
        : [];
}
