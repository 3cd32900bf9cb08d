namespace Fleet.Grains.Presence;

/// <summary>How terminals are spread over the presence grains.</summary>
public static class PresenceShards
{
    public const int Count = 16;

    /// <summary>FNV-1a over the serial, so that a shard means the same terminals in every process and release.</summary>
    public static int Of(string serial)
    {
        var hash = 2166136261u;
        foreach (var c in serial) hash = (hash ^ c) * 16777619u;
        return (int)(hash % Count);
    }
}
