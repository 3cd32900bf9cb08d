using System.Buffers;
using System.Text;

namespace Fleet.History;

/// <summary>A growing byte buffer from the pool with the pieces of InfluxDB's line protocol (docs.influxdata.com, "Line protocol reference", 1.x).</summary>
internal sealed class LineBuffer : IDisposable
{
    // A line must stay one line for every reader: VictoriaMetrics ends a line at any newline, so control characters become spaces.
    private static readonly char[] s_controls = [.. Enumerable.Range(0, 0xA0).Select(c => (char)c).Where(char.IsControl)];
    private static readonly SearchValues<char> s_keySpecials = SearchValues.Create([',', '=', ' ', '\\', .. s_controls]);
    private static readonly SearchValues<char> s_textSpecials = SearchValues.Create(['"', '\\', .. s_controls]);

    private const int LongestNumber = 32;

    private byte[] _bytes;

    public LineBuffer(int capacity = 4096) => _bytes = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

    public void Clear() => Length = 0;

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        Length += bytes.Length;
    }

    /// <summary>A tag; one without a value has no form on this wire and is left out. <paramref name="name"/> brings its separator and its equals sign.</summary>
    public void Tag(ReadOnlySpan<byte> name, string? value)
    {
        if (string.IsNullOrEmpty(value)) return;
        Raw(name);
        Key(value);
    }

    /// <summary>A field of a counter: <c>name=12i</c>. <paramref name="name"/> brings its separator and its equals sign.</summary>
    public void Integer(ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number) Integer(name, number);
    }

    public void Integer(ReadOnlySpan<byte> name, long value)
    {
        var room = Room(name.Length + LongestNumber);
        name.CopyTo(room);
        value.TryFormat(room[name.Length..], out var written);
        room[name.Length + written] = (byte)'i';
        Length += name.Length + written + 1;
    }

    /// <summary>A field of a measurement: the shortest decimal that reads back as the same number. Not-a-number and infinities have no form on this wire and are left out.</summary>
    public void Float(ReadOnlySpan<byte> name, double? value)
    {
        if (value is not { } number || !double.IsFinite(number)) return;
        var room = Room(name.Length + LongestNumber);
        name.CopyTo(room);
        Length += name.Length + ShortestDecimal.Write(number, room[name.Length..]);
    }

    public void Boolean(ReadOnlySpan<byte> name, bool? value)
    {
        if (value is not { } truth) return;
        Raw(name);
        Raw(truth ? "true"u8 : "false"u8);
    }

    /// <summary>A field of a text: quoted, with quotes and backslashes escaped.</summary>
    public void Text(ReadOnlySpan<byte> name, ReadOnlySpan<char> value)
    {
        Raw(name);
        Raw("\""u8);
        if (!value.ContainsAny(s_textSpecials)) Utf8(value);
        else
            foreach (var rune in value.EnumerateRunes())
            {
                if (Rune.IsControl(rune)) Raw(" "u8);
                else
                {
                    if (rune.Value is '"' or '\\') Raw("\\"u8);
                    Utf8(rune);
                }
            }
        Raw("\""u8);
    }

    /// <summary>
    /// A tag value, tag key or field key: commas, equals signs and spaces escaped. A backslash becomes a slash: InfluxDB 1.x
    /// keeps one as it is but reads it as an escape before a special character, 2.x and VictoriaMetrics unescape a pair.
    /// </summary>
    public void Key(ReadOnlySpan<char> value)
    {
        if (!value.ContainsAny(s_keySpecials)) Utf8(value);
        else
            foreach (var rune in value.EnumerateRunes())
            {
                if (rune.Value == ' ' || Rune.IsControl(rune)) Raw("\\ "u8);
                else if (rune.Value == '\\') Raw("/"u8);
                else
                {
                    if (rune.Value is ',' or '=') Raw("\\"u8);
                    Utf8(rune);
                }
            }
    }

    /// <summary>The point's time in milliseconds and the line's end.</summary>
    public void End(long atMs)
    {
        var room = Room(LongestNumber);
        room[0] = (byte)' ';
        atMs.TryFormat(room[1..], out var written);
        room[1 + written] = (byte)'\n';
        Length += written + 2;
    }

    public void Dispose()
    {
        var bytes = _bytes;
        _bytes = [];
        Length = 0;
        if (bytes.Length > 0) ArrayPool<byte>.Shared.Return(bytes);
    }

    private void Utf8(ReadOnlySpan<char> text) => Length += Encoding.UTF8.GetBytes(text, Room(text.Length * 3));

    private void Utf8(Rune rune) => Length += rune.EncodeToUtf8(Room(4));

    private Span<byte> Room(int bytes)
    {
        if (_bytes.Length - Length < bytes) Grow(bytes);
        return _bytes.AsSpan(Length);
    }

    private void Grow(int bytes)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, Length + bytes));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
