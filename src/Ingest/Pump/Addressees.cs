using System.Text;
using Fleet.Grains.Terminals;

namespace Fleet.Ingest.Pump;

/// <summary>A terminal as the pump knows it: its serial, its grain, and its activation when that lives in this process.</summary>
internal sealed class Addressee(string serial, ITerminalGrain grain)
{
    public string Serial => serial;
    public ITerminalGrain Grain => grain;
    public TerminalGrain? Here { get; set; }
}

/// <summary>Serials as bytes to addressees, without a string per message.</summary>
internal sealed class Addressees(IGrainFactory grains)
{
    /// <summary>At about 250 bytes each: 500 MB at the very most, and a million terminals fit.</summary>
    private const int Most = 2_000_000;

    private readonly Dictionary<string, Addressee> _bySerial = new(Utf8Serials.Instance);

    public Addressee Find(ReadOnlySpan<byte> serial)
    {
        var lookup = _bySerial.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (lookup.TryGetValue(serial, out var addressee)) return addressee;
        if (_bySerial.Count >= Most) _bySerial.Clear();
        var text = Encoding.ASCII.GetString(serial);
        return _bySerial[text] = new(text, grains.GetGrain<ITerminalGrain>(text));
    }

    /// <summary>Serials are ASCII (docs/wire.md), so bytes and characters hash alike.</summary>
    private sealed class Utf8Serials : IEqualityComparer<string>, IAlternateEqualityComparer<ReadOnlySpan<byte>, string>
    {
        public static readonly Utf8Serials Instance = new();

        public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.Ordinal);

        public int GetHashCode(string serial)
        {
            Span<byte> bytes = stackalloc byte[Journal.Entry.MaxSerialBytes];
            return GetHashCode(bytes[..Encoding.ASCII.GetBytes(serial, bytes)]);
        }

        public bool Equals(ReadOnlySpan<byte> alternate, string other) => Ascii.Equals(alternate, other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public string Create(ReadOnlySpan<byte> alternate) => Encoding.ASCII.GetString(alternate);
    }
}
