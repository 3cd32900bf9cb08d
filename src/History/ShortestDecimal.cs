using System.Globalization;

namespace Fleet.History;

/// <summary>Writes doubles in their shortest round-trip form; readings with few decimals, nearly all of them, without the general algorithm.</summary>
internal static class ShortestDecimal
{
    // Below this, thousandths have at most 15 digits. Two decimals of at most 15 digits never share a double (IEEE 754: a
    // double keeps 15), so one that reads back as the value is the only one, and without its trailing zeros the shortest.
    private const double LargestFast = 1e12;

    public static int Write(double value, Span<byte> to)
    {
        var magnitude = Math.Abs(value);
        var thousandths = (ulong)Math.Round(Math.Min(magnitude, LargestFast) * 1000);
        // The quotient is rounded correctly, and so is what reads the decimal: both name the double nearest to thousandths / 1000.
        if (thousandths == 0 || magnitude >= LargestFast || thousandths / 1000d != magnitude)
        {
            value.TryFormat(to, out var general, "R", CultureInfo.InvariantCulture);
            return general;
        }

        var length = 0;
        if (value < 0) to[length++] = (byte)'-';
        var (whole, fraction) = Math.DivRem(thousandths, 1000);
        whole.TryFormat(to[length..], out var written);
        length += written;
        if (fraction == 0) return length;

        to[length++] = (byte)'.';
        to[length++] = (byte)('0' + fraction / 100);
        if (fraction % 100 == 0) return length;
        to[length++] = (byte)('0' + fraction / 10 % 10);
        if (fraction % 10 == 0) return length;
        to[length++] = (byte)('0' + fraction % 10);
        return length;
    }
}
