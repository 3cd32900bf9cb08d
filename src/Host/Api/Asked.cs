using System.Globalization;
using Fleet.Alerts;

namespace Fleet.Host.Api;

/// <summary>Reads query values; keeps the first that is wrong, named with its value.</summary>
internal sealed class Asked
{
    private const int UsualLimit = 100;
    private const int MostLimit = 1000;

    /// <summary>What is wrong with the query; null while nothing is.</summary>
    public string? Refusal { get; private set; }

    public int Limit(string? text)
    {
        if (text is null) return UsualLimit;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= MostLimit) return limit;
        Refuse("limit", text, $"must be a number from 1 to {MostLimit}");
        return UsualLimit;
    }

    public Cursor? Cursor(string? text)
    {
        if (text is null) return null;
        if (Alerts.Cursor.TryParse(text, out var cursor)) return cursor;
        Refuse("cursor", text, "must be the 'next' of an earlier page");
        return null;
    }

    public T? OneOf<T>(string name, string? text) where T : struct, Enum
    {
        if (text is null) return null;
        foreach (var value in Enum.GetValues<T>())
            if (value.Name() == text) return value;
        Refuse(name, text, $"must be one of {string.Join(", ", Enum.GetValues<T>().Select(v => v.Name()))}");
        return null;
    }

    private void Refuse(string name, string text, string rule) => Refusal ??= $"The query value {name} is '{text}', but {rule}.";
}
