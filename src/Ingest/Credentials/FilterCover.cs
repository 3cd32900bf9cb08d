namespace Fleet.Ingest.Credentials;

/// <summary>Topic filters (MQTT 5, 4.7) as sets of topics: which topics are in one, and which filter lies in another.</summary>
internal static class FilterCover
{
    private const int MostLength = 1024;

    /// <summary>Wildcards fill whole levels and <c>#</c> is the last; no control characters.</summary>
    public static bool IsValid(string filter)
    {
        if (filter.Length is 0 or > MostLength || filter.Any(char.IsControl)) return false;
        var levels = filter.Split('/');
        for (var i = 0; i < levels.Length; i++)
        {
            if (levels[i].Length > 1 && levels[i].AsSpan().ContainsAny('+', '#')) return false;
            if (levels[i] == "#" && i < levels.Length - 1) return false;
        }
        return true;
    }

    /// <summary>Whether a topic, which has no wildcards, matches the filter.</summary>
    public static bool Matches(string filter, string topic) => !topic.AsSpan().ContainsAny('+', '#') && Covers(filter, topic);

    /// <summary>Whether every topic that matches the narrow filter matches the wide one too. Both are valid.</summary>
    public static bool Covers(string wide, string narrow)
    {
        // A topic that begins with $ matches no filter that begins with a wildcard [MQTT-4.7.2-1].
        if (narrow.StartsWith('$') && wide[0] is '+' or '#') return false;
        // A topic has at least one character, so at the top # is +/#, and /# is /+/#.
        return Covers(Levels(wide), Levels(narrow));

        static ReadOnlySpan<string> Levels(string filter) => filter switch { "#" => ["+", "#"], "/#" => ["", "+", "#"], _ => filter.Split('/') };
    }

    private static bool Covers(ReadOnlySpan<string> wide, ReadOnlySpan<string> narrow)
    {
        while (true)
        {
            if (wide is ["#"]) return true; // also the level above [MQTT-4.7.1-2]
            if (wide.IsEmpty || narrow.IsEmpty) return wide.IsEmpty && narrow.IsEmpty;
            // What # stands for may end here, where the wide one asks for one level more.
            if (narrow[0] == "#" || (wide[0] != "+" && wide[0] != narrow[0])) return false;
            wide = wide[1..];
            narrow = narrow[1..];
        }
    }
}
