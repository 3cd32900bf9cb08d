namespace Fleet.Simulator;

/// <summary>What the simulator takes from a registry file: who to be, and the password to say it with.</summary>
public sealed record Registration(string Serial, string Model, string Carrier, string? Password)
{
    /// <summary>Reads the registry's CSV: a header names the columns, no quoting; <c>serial</c> is the only one that must be there.</summary>
    public static IReadOnlyList<Registration> Read(string path)
    {
        var lines = File.ReadAllLines(path).Where(line => line.Length > 0).ToArray();
        if (lines.Length == 0) throw new FormatException($"{path} is empty; its first line must name the columns.");
        var columns = lines[0].Split(',');
        if (!columns.Contains("serial")) throw new FormatException($"{path} has no column 'serial'.");
        return [.. lines.Skip(1).Select((line, i) => Row(columns, line.Split(','), $"{path}, line {i + 2}"))];
    }

    private static Registration Row(string[] columns, string[] values, string where)
    {
        if (values.Length != columns.Length) throw new FormatException($"{where}: {values.Length} values for {columns.Length} columns.");
        string? Value(string column) => Array.IndexOf(columns, column) is var at and >= 0 && values[at].Length > 0 ? values[at] : null;
        return new Registration(
            Value("serial") ?? throw new FormatException($"{where}: no serial."),
            Value("model") ?? "PAX A920", Value("carrier") ?? "46000", Value("password"));
    }
}
