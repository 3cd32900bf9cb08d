using System.Text;

namespace Fleet.Grains.Reports;

/// <summary>
/// Tells where in a JSON text some digits stand, so that the wire's own long numbers are not taken for card numbers.
/// Moves only forward: however many digits are asked about, the text is walked once. A text that is not JSON has no
/// places of ours in it.
/// </summary>
internal ref struct JsonPlace(ReadOnlySpan<byte> json)
{
    private readonly ReadOnlySpan<byte> _json = json;
    private int _at;
    private bool _inText;
    private int _textStart;
    private ReadOnlySpan<byte> _lastText;

    /// <summary>The name of the field whose value is being walked; empty before its colon.</summary>
    private ReadOnlySpan<byte> _name;

    /// <summary>Whether the digits at <paramref name="start"/> are a number the wire has, or the ICCID.</summary>
    public bool IsOurs(int start)
    {
        WalkTo(start);
        if (_inText) return _name.SequenceEqual("iccid"u8);
        return IsFraction(start) || IsKnownNumber(_name);
    }

    private void WalkTo(int position)
    {
        for (; _at < position; _at++)
        {
            switch (_json[_at])
            {
                case (byte)'\\' when _inText:
                    _at++;
                    break;
                case (byte)'"':
                    if (_inText) _lastText = _json[_textStart.._at];
                    else _textStart = _at + 1;
                    _inText = !_inText;
                    break;
                case (byte)':' when !_inText:
                    _name = _lastText;
                    break;
                case (byte)',' or (byte)'{' or (byte)'}' when !_inText:
                    _name = default;
                    break;
                default:
                    break;
            }
        }
    }

    private readonly bool IsFraction(int start) =>
        start >= 2 && _json[start - 1] == '.' && char.IsAsciiDigit((char)_json[start - 2]);

    /// <summary>
    /// The fields whose values can be whole numbers of 13 digits and more, or be sent as such by mistake: every number
    /// of docs/wire.md.
    /// </summary>
    private static bool IsKnownNumber(ReadOnlySpan<byte> name)
    {
        foreach (var known in KnownNumbers)
        {
            if (name.SequenceEqual(known)) return true;
        }
        return false;
    }

    private static readonly byte[][] KnownNumbers =
    [
        .. """
           at seq uptime interval paper lines cuts faults headCelsius rssi rsrp rsrq snr ok failed unreadable cards approved
           receipts unsent amount battery volts celsius cycles health memoryFree storageFree reboots crashes lat lon
           """.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(Encoding.UTF8.GetBytes),
    ];
}
