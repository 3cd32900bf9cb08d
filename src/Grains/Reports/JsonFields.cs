using System.Text;
using System.Text.Json;

namespace Fleet.Grains.Reports;

/// <summary>
/// Walks the fields of JSON objects and reads their values within limits. The first refusal sticks and ends the walk:
/// <see cref="NextField"/> and <see cref="NextItem"/> then say there is no more, so that readers need no checks of
/// their own. A JSON null reads as a value that was not sent.
/// </summary>
internal ref struct JsonFields(ReadOnlySpan<byte> utf8, RecurringTexts texts)
{
    /// <summary>A report needs three levels; more than this only costs stack and time.</summary>
    public const int DeepestLevel = 16;

    /// <summary>No name, version or code of a terminal is longer, in characters.</summary>
    public const int LongestText = 128;

    /// <summary>In JSON a character takes at most six bytes (\uXXXX).</summary>
    private const int LongestEscapedText = 6 * LongestText;

    /// <summary>Whole numbers a double holds exactly, so that 3.0 is 3 and nothing is rounded silently.</summary>
    private const double LargestExact = 1L << 53;

    // One level more than we take, so that going too deep is seen here and not as an exception.
    private Utf8JsonReader _json = new(utf8, new JsonReaderOptions { MaxDepth = DeepestLevel + 1 });
    private readonly RecurringTexts _texts = texts;

    public Refusal Refusal { get; private set; }

    /// <summary>The name of the current field.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Moves onto the payload's one object.</summary>
    public bool Begin()
    {
        if (_json.Read() && _json.TokenType == JsonTokenType.StartObject) return true;
        return Refuse(Refusal.NotJson);
    }

    /// <summary>Makes sure that nothing follows the payload's object.</summary>
    public void End()
    {
        if (Refusal == Refusal.None && _json.Read()) Refuse(Refusal.NotJson);
    }

    /// <summary>Steps into the current field's object; false for null.</summary>
    public bool IsObject() => Opens(JsonTokenType.StartObject);

    /// <summary>Steps into the current field's array; false for null.</summary>
    public bool IsArray() => Opens(JsonTokenType.StartArray);

    /// <summary>Moves to the next field of the current object, onto its value.</summary>
    public bool NextField()
    {
        if (Refusal != Refusal.None || !_json.Read() || _json.TokenType == JsonTokenType.EndObject) return false;
        if (!TryUnescape(out var name)) return false;
        Name = name;
        return _json.Read();
    }

    /// <summary>Moves to the next item of the current array.</summary>
    public bool NextItem() => Refusal == Refusal.None && _json.Read() && _json.TokenType != JsonTokenType.EndArray;

    public bool Refuse(Refusal why)
    {
        if (Refusal == Refusal.None) Refusal = why;
        return false;
    }

    /// <summary>Passes over the current value, whatever it holds.</summary>
    public void Skip()
    {
        if (!Opened()) return;
        var level = _json.CurrentDepth;
        do
        {
            if (Opened() && _json.CurrentDepth >= DeepestLevel)
            {
                Refuse(Refusal.TooDeep);
                return;
            }
        }
        while (_json.Read() && _json.CurrentDepth > level);
    }

    public long? Count(long from = 0, long to = long.MaxValue)
    {
        if (IsNull()) return null;
        if (_json.TokenType != JsonTokenType.Number) return Refused<long>(Refusal.WrongType);
        if (!_json.TryGetInt64(out var value))
        {
            if (!_json.TryGetDouble(out var real) || Math.Abs(real) > LargestExact) return Refused<long>(Refusal.OutOfRange);
            value = (long)real;
            if (value != real) return Refused<long>(Refusal.WrongType);
        }
        return value >= from && value <= to ? value : Refused<long>(Refusal.OutOfRange);
    }

    public double? Number(double from, double to)
    {
        if (IsNull()) return null;
        if (_json.TokenType != JsonTokenType.Number) return Refused<double>(Refusal.WrongType);
        return _json.TryGetDouble(out var value) && value >= from && value <= to ? value : Refused<double>(Refusal.OutOfRange);
    }

    public bool? Flag()
    {
        if (IsNull()) return null;
        return _json.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            _ => Refused<bool>(Refusal.WrongType),
        };
    }

    /// <summary>A point in time as Unix ms: a number of ms, or a text of ISO 8601; a text without a zone is UTC.</summary>
    public long? Time()
    {
        if (IsNull()) return null;
        if (_json.TokenType == JsonTokenType.Number)
        {
            if (_json.TryGetInt64(out var ms)) return ms;
            return _json.TryGetDouble(out var real) && Math.Abs(real) <= LargestExact
                ? (long)Math.Floor(real)
                : Refused<long>(Refusal.OutOfRange);
        }
        if (_json.TokenType != JsonTokenType.String || !_json.TryGetDateTime(out var plain)) return Refused<long>(Refusal.WrongType);
        if (plain.Kind != DateTimeKind.Local) return new DateTimeOffset(plain, TimeSpan.Zero).ToUnixTimeMilliseconds();
        return _json.TryGetDateTimeOffset(out var zoned) ? zoned.ToUnixTimeMilliseconds() : Refused<long>(Refusal.WrongType);
    }

    public string? Text() => TryText(out var text) ? _texts.Read(text) : null;

    /// <summary>The current field's name as a text, for objects whose names are the sender's.</summary>
    public string? NameText()
    {
        if (IsShort(Name)) return _texts.Read(Name);
        Refuse(Refusal.TooLarge);
        return null;
    }

    /// <summary>A word of one of the wire's enumerations.</summary>
    public T? Word<T>(Func<ReadOnlySpan<byte>, T> meaning) where T : struct =>
        TryText(out var text) ? meaning(text) : null;

    private bool TryText(out ReadOnlySpan<byte> text)
    {
        text = default;
        if (IsNull()) return false;
        if (_json.TokenType != JsonTokenType.String) return Refuse(Refusal.WrongType);
        return TryUnescape(out text)
            && (IsShort(text) || Refuse(Refusal.TooLarge));
    }

    private static bool IsShort(ReadOnlySpan<byte> text) =>
        text.Length <= LongestText || Encoding.UTF8.GetCharCount(text) <= LongestText;

    /// <summary>The current name or text without escapes. Escapes are rare on this wire: only they cost a buffer.</summary>
    private bool TryUnescape(out ReadOnlySpan<byte> text)
    {
        text = _json.ValueSpan;
        if (!_json.ValueIsEscaped) return true;
        if (text.Length > LongestEscapedText) return Refuse(Refusal.TooLarge);
        var unescaped = new byte[text.Length];
        try
        {
            text = unescaped.AsSpan(0, _json.CopyString(unescaped));
        }
        catch (InvalidOperationException) // half a surrogate pair: there is no way to ask first
        {
            return Refuse(Refusal.NotJson);
        }
        // Control characters can only come escaped; no store behind us is asked to keep them.
        return text.IndexOfAnyInRange((byte)0, (byte)31) < 0 || Refuse(Refusal.OutOfRange);
    }

    private readonly bool IsNull() => _json.TokenType == JsonTokenType.Null;

    private readonly bool Opened() => _json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;

    private bool Opens(JsonTokenType start) => !IsNull() && (_json.TokenType == start || Refuse(Refusal.WrongType));

    private T? Refused<T>(Refusal why) where T : struct
    {
        Refuse(why);
        return null;
    }
}
