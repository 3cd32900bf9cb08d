using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Fleet.House_Tests.Running;

/// <summary>An alert as the API shows it.</summary>
internal sealed record SeenAlert(string Id, string Terminal, string Fault, string State, DateTimeOffset RaisedAt, DateTimeOffset? ClearedAt);

/// <summary>Fleet's HTTP side, as a program that uses it sees it.</summary>
internal sealed class FleetApi(Uri address) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };

    public async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await _http.GetAsync("/health/ready", TestContext.Current.CancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>What /health/ready says is wrong with the journal; null where nothing is, or nobody answers.</summary>
    public async Task<string?> JournalDetailAsync()
    {
        using var answer = await _http.GetAsync("/health/ready", TestContext.Current.CancellationToken);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return body.RootElement.GetProperty("parts").GetProperty("journal").GetProperty("detail").GetString();
    }

    /// <summary>The body of a resource; null where there is none.</summary>
    public async Task<JsonElement?> GetAsync(string path)
    {
        using var answer = await _http.GetAsync(path, TestContext.Current.CancellationToken);
        if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.NoContent) return null;
        answer.EnsureSuccessStatusCode();
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return body.RootElement.Clone();
    }

    /// <summary>Sends a terminal a command.</summary>
    public async Task SendAsync(string serial, string command)
    {
        using var content = new StringContent(command, System.Text.Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync($"/api/v1/terminals/{serial}/commands", content, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>How many distinct reports of a terminal were applied.</summary>
    public async Task<long> ReportsAsync(string serial) =>
        await GetAsync($"/api/v1/terminals/{serial}") is { ValueKind: JsonValueKind.Object } terminal ? terminal.GetProperty("reports").GetInt64() : 0;

    /// <summary>A new password of a terminal.</summary>
    public async Task<string> PasswordAsync(string serial)
    {
        using var answer = await _http.PostAsJsonAsync($"/api/v1/terminals/{serial}/credentials", new { }, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("password").GetString()!;
    }

    /// <summary>Every alert of a terminal and fault in any state, in the order they were raised; follows the pages.</summary>
    public async Task<List<SeenAlert>> AlertsAsync(string fault, string terminal)
    {
        var alerts = new List<SeenAlert>();
        var query = $"/api/v1/alerts?fault={fault}&terminal={Uri.EscapeDataString(terminal)}";
        for (string? path = query; path is not null;)
        {
            var page = await GetAsync(path) ?? throw new InvalidOperationException($"There is no {path}.");
            alerts.AddRange(page.GetProperty("items").Deserialize<SeenAlert[]>(JsonSerializerOptions.Web)!);
            path = page.TryGetProperty("next", out var next) && next.GetString() is { } cursor ? $"{query}&cursor={Uri.EscapeDataString(cursor)}" : null;
        }
        return [.. alerts.OrderBy(alert => alert.RaisedAt)];
    }

    /// <summary>The sum of a counter over its series that carry a label; 0 before it was ever counted.</summary>
    public async Task<double> CounterAsync(string name, string label)
    {
        var text = await _http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        return text.Split('\n')
            .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.IndexOf('}', StringComparison.Ordinal) + 1)..].Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));
    }

    public void Dispose() => _http.Dispose();
}
