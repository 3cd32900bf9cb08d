using System.Text.Json;
using Fleet.Alerts;
using Fleet.Alerts.Book;
using Fleet.Alerts.Dispatch;

namespace Fleet.Host.Demo;

/// <summary>What the server's health says of its journal.</summary>
/// <param name="IsHistoryWell">Whether the time-series database takes points.</param>
internal sealed record JournalState(long Bytes, bool IsHistoryBehind, bool IsHistoryWell);

/// <summary>A running server, over its HTTP API as any program sees it.</summary>
internal sealed class RunningFleet(Uri address) : IDisposable
{
    private const int MostItems = 1000;

    private readonly HttpClient _http = new() { BaseAddress = address, Timeout = TimeSpan.FromSeconds(10) };

    public async Task<bool> AnswersAsync(string path, CancellationToken stop)
    {
        using var answer = await _http.GetAsync(path, stop);
        return answer.IsSuccessStatusCode;
    }

    public async Task<IReadOnlyList<AlertView>> AlertsAsync(CancellationToken stop) => (await GetAsync<Page<AlertView>>($"/api/v1/alerts?limit={MostItems}", stop)).Items;

    public async Task<IReadOnlyList<TicketView>> TicketsAsync(CancellationToken stop) => (await GetAsync<Page<TicketView>>($"/api/v1/tickets?limit={MostItems}", stop)).Items;

    /// <summary>How many distinct reports of a terminal were applied.</summary>
    public async Task<long> ReportsAsync(string serial, CancellationToken stop) =>
        (await GetAsync<JsonElement>($"/api/v1/terminals/{serial}", stop)).GetProperty("reports").GetInt64();

    public async Task<JournalState> JournalAsync(CancellationToken stop)
    {
        var parts = (await GetAsync<JsonElement>("/health/ready", stop)).GetProperty("parts");
        var journal = parts.GetProperty("journal");
        return new(journal.GetProperty("bytes").GetInt64(), journal.GetProperty("historyBehind").GetBoolean(), parts.GetProperty("history").GetProperty("ok").GetBoolean());
    }

    public void Dispose() => _http.Dispose();

    private async Task<T> GetAsync<T>(string path, CancellationToken stop) =>
        await _http.GetFromJsonAsync<T>(path, Wire.Json, stop) ?? throw new InvalidDataException($"{path} answered nothing.");
}
