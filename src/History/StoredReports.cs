using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.History;

/// <summary>Reports as InfluxDB keeps them, turned back into the wire's JSON. Asks in InfluxQL (<c>/query</c>: 1.x, and 2.x with a DBRP mapping).</summary>
/// <param name="influx">The database server's address.</param>
/// <param name="user">Empty for a server without accounts.</param>
/// <param name="token">The user's password.</param>
public sealed class StoredReports(Uri influx, string database, string user = "", string token = "") : IDisposable
{
    /// <summary>Rows of one answer: below every server's own limit (10,000).</summary>
    private const int PageRows = 5000;

    private readonly HttpClient _http = new() { BaseAddress = influx };

    /// <summary>Everybody who ever reported.</summary>
    /// <exception cref="IOException">The database does not answer, or answers with an error.</exception>
    public async Task<IReadOnlyList<string>> SerialsAsync(CancellationToken stop) =>
        [.. Rows(await AskAsync("show tag values from terminal with key = serial", stop)).Select(row => row.Values[row.Column("value")].GetString()!).Order(StringComparer.Ordinal)];

    /// <summary>One terminal's reports in the order of their time, from <paramref name="fromMs"/> (Unix ms) to before <paramref name="toMs"/>.</summary>
    /// <returns>The report's time, and its payload as docs/wire.md has it.</returns>
    /// <exception cref="IOException">The database does not answer, or answers with an error.</exception>
    public async IAsyncEnumerable<(long AtMs, byte[] Payload)> ReadAsync(string serial, long fromMs, long toMs, [EnumeratorCancellation] CancellationToken stop)
    {
        for (var nextMs = fromMs; ;)
        {
            var answer = await AskAsync(string.Create(CultureInfo.InvariantCulture,
                $"select * from terminal where serial = '{serial.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}' and time >= {nextMs}ms and time < {toMs}ms order by time limit {PageRows}"), stop);
            var rows = 0;
            foreach (var row in Rows(answer))
            {
                rows++;
                var atMs = row.Values[row.Column("time")].GetInt64();
                nextMs = atMs + 1;
                yield return (atMs, Payload(row, atMs));
            }
            if (rows < PageRows) yield break;
        }
    }

    public void Dispose() => _http.Dispose();

    private readonly record struct Row(List<string> Columns, List<JsonElement> Values)
    {
        public int Column(string name) => Columns.IndexOf(name);
    }

    private static IEnumerable<Row> Rows(JsonElement answer)
    {
        foreach (var result in answer.GetProperty("results").EnumerateArray())
        {
            if (result.TryGetProperty("error", out var error)) throw new IOException($"InfluxDB answers: {error.GetString()}");
            if (!result.TryGetProperty("series", out var several)) continue;
            foreach (var series in several.EnumerateArray())
            {
                List<string> columns = [.. series.GetProperty("columns").EnumerateArray().Select(column => column.GetString()!)];
                foreach (var values in series.GetProperty("values").EnumerateArray()) yield return new(columns, [.. values.EnumerateArray()]);
            }
        }
    }

    private async Task<JsonElement> AskAsync(string query, CancellationToken stop)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"query?db={Uri.EscapeDataString(database)}&epoch=ms&q={Uri.EscapeDataString(query)}");
            if (user.Length > 0) request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{token}")));
            using var answer = await _http.SendAsync(request, stop);
            var body = await answer.Content.ReadAsStringAsync(stop);
            if (!answer.IsSuccessStatusCode) throw new IOException($"InfluxDB at {influx} answers {(int)answer.StatusCode}: {body}");
            using var json = JsonDocument.Parse(body);
            return json.RootElement.Clone();
        }
        catch (Exception e) when (e is HttpRequestException or JsonException) { throw new IOException($"InfluxDB at {influx}: {e.Message}", e); }
    }

    private static byte[] Payload(Row row, long atMs)
    {
        var report = new JsonObject { ["at"] = atMs };
        for (var i = 0; i < row.Columns.Count; i++)
            if (row.Values[i].ValueKind is not JsonValueKind.Null) Put(report, row.Columns[i], row.Values[i]);
        return JsonSerializer.SerializeToUtf8Bytes(report);
    }

    /// <summary>The inverse of <see cref="LineEncoder"/>'s names: <c>printer_head_celsius</c> is <c>printer.headCelsius</c>. Tags and strange fields are passed over.</summary>
    private static void Put(JsonObject report, string column, JsonElement value)
    {
        if (column == "seq")
        {
            report["seq"] = JsonValue.Create(value);
            return;
        }
        if (column.Split('_') is not [var section, .. { Length: > 0 } words] || section is not ("heartbeat" or "printer" or "signal" or "reader" or "payment" or "power" or "system" or "security")) return;
        switch (section, words)
        {
            case ("reader", [var way, .. { Length: > 0 } rest]):
                Object(Object(report, section), way)[Camel(rest)] = JsonValue.Create(value);
                break;
            case ("payment", ["declined", .. { Length: > 0 } code]):
                Object(Object(report, section), "declined")[string.Join('_', code)] = JsonValue.Create(value);
                break;
            case ("system", ["errors"]):
                Object(report, section)["errors"] = new JsonArray([.. value.GetString()!.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(error => JsonValue.Create(error))]);
                break;
            default:
                Object(report, section)[Camel(words)] = JsonValue.Create(value);
                break;
        }
    }

    private static JsonObject Object(JsonObject of, string name)
    {
        if (of[name] is JsonObject known) return known;
        var made = new JsonObject();
        of[name] = made;
        return made;
    }

    private static string Camel(ReadOnlySpan<string> words)
    {
        var name = new StringBuilder(words[0]);
        foreach (var word in words[1..]) name.Append(char.ToUpperInvariant(word[0])).Append(word.AsSpan(1));
        return name.ToString();
    }
}
