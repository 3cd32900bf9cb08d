using System.Text.Json;
using System.Text.RegularExpressions;

namespace Fleet.History.Tests;

/// <summary>A dashboard's file, and its queries as Grafana would send them.</summary>
internal sealed partial class Dashboard
{
    private readonly JsonElement _root;

    private Dashboard(JsonElement root) => _root = root;

    public static string Folder => Path.Combine(AppContext.BaseDirectory, "dashboards");

    public string Uid => _root.GetProperty("uid").GetString()!;
    public JsonElement Root => _root;
    public JsonElement[] AllPanels => [.. _root.GetProperty("panels").EnumerateArray()];
    public JsonElement[] Panels => [.. AllPanels.Where(panel => panel.GetProperty("type").GetString() != "row")];
    public JsonElement[] Variables => [.. _root.GetProperty("templating").GetProperty("list").EnumerateArray()];

    public static Dashboard Load(string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, name)));
        return new Dashboard(json.RootElement.Clone());
    }

    /// <summary>Every query there is: what it is called, and its text with variables and macros in it.</summary>
    public IEnumerable<(string Name, string Query)> Queries()
    {
        foreach (var panel in Panels)
            foreach (var target in panel.GetProperty("targets").EnumerateArray())
                yield return ($"{Title(panel)} {target.GetProperty("refId").GetString()}", target.GetProperty("query").GetString()!);
        foreach (var variable in Variables)
            yield return ($"variable {variable.GetProperty("name").GetString()}", variable.GetProperty("query").GetString()!);
        foreach (var annotation in _root.GetProperty("annotations").GetProperty("list").EnumerateArray())
            yield return ($"annotation {annotation.GetProperty("name").GetString()}", annotation.GetProperty("target").GetProperty("query").GetString()!);
    }

    /// <summary>Fills in what Grafana fills in; what it does not know is left, so that a test sees it.</summary>
    public static string Filled(string query, long fromMs, long toMs, IReadOnlyDictionary<string, string> values)
    {
        query = query.Replace("$timeFilter", $"time >= {fromMs}ms AND time <= {toMs}ms", StringComparison.Ordinal);
        return Reference().Replace(query, match => match.Groups["name"].Value switch
        {
            "__interval" => "1m",
            "__from" => $"{fromMs}",
            "__to" => $"{toMs}",
            var name when values.TryGetValue(name, out var value) => value,
            _ => match.Value,
        });
    }

    public static string Title(JsonElement panel) => panel.GetProperty("title").GetString()!;

    [GeneratedRegex(@"\$\{(?<name>\w+)\}|\$(?<name>\w+)")]
    private static partial Regex Reference();
}
