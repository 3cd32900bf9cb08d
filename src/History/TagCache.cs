using Fleet.Store;

namespace Fleet.History;

/// <summary>
/// Measurement and tags per serial, ready to be copied before a line's fields. One reader at a time.
/// It starts anew when the registry changes, and when it is full: serials nobody registered must not fill the memory.
/// </summary>
internal sealed class TagCache(Registry registry, int capacity = TagCache.DefaultCapacity)
{
    // About 200 bytes a terminal: 50 MB at the most.
    private const int DefaultCapacity = 250_000;

    private readonly Dictionary<string, byte[]> _heads = [];
    private int _version;

    public ReadOnlySpan<byte> HeadOf(string serial)
    {
        var version = registry.Version;
        if (version != _version)
        {
            _heads.Clear();
            _version = version;
        }
        if (_heads.TryGetValue(serial, out var head)) return head;

        if (_heads.Count >= capacity) _heads.Clear();
        return _heads[serial] = Head(serial, registry.Find(serial));
    }

    internal static byte[] Head(string serial, RegisteredTerminal? registered)
    {
        using var line = new LineBuffer(256);
        line.Raw("terminal"u8);
        Tag(line, ",carrier="u8, registered?.Carrier);
        Tag(line, ",merchant="u8, registered?.Merchant);
        Tag(line, ",model="u8, registered?.Model);
        Tag(line, ",serial="u8, serial);
        Tag(line, ",site="u8, registered?.Site);
        return line.Written.ToArray();
    }

    /// <summary>Writes a tag; a tag without a value has no form on this wire and is left out.</summary>
    public static void Tag(LineBuffer line, ReadOnlySpan<byte> name, string? value)
    {
        if (string.IsNullOrEmpty(value)) return;
        line.Raw(name);
        line.Key(value);
    }
}
