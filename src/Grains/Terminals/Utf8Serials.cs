using System.Text;

namespace Fleet.Grains.Terminals;

/// <summary>Serials as strings and as the bytes of a journal: both find the same. Keyed at random, for senders choose them.</summary>
internal sealed class Utf8Serials : IEqualityComparer<string>, IAlternateEqualityComparer<ReadOnlySpan<byte>, string>
{
    /// <summary>Longer than a serial may be (docs/wire.md); other strings may be asked for as well.</summary>
    private const int UsualBytes = 128;

    public static readonly Utf8Serials Instance = new();

    public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.Ordinal);

    public int GetHashCode(string serial)
    {
        Span<byte> bytes = stackalloc byte[UsualBytes];
        return Encoding.UTF8.TryGetBytes(serial, bytes, out var written) ? GetHashCode(bytes[..written]) : GetHashCode(Encoding.UTF8.GetBytes(serial));
    }

    public bool Equals(ReadOnlySpan<byte> alternate, string other) => Ascii.Equals(alternate, other);

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = new HashCode();
        hash.AddBytes(alternate);
        return hash.ToHashCode();
    }

    public string Create(ReadOnlySpan<byte> alternate) => Encoding.UTF8.GetString(alternate);
}
