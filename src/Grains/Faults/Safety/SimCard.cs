using Fleet.Grains.Learning;

namespace Fleet.Grains.Faults;

/// <summary>A SIM card as far as it is kept: never its whole ICCID (ITU-T E.118: 19 digits, some write 20).</summary>
/// <param name="Fingerprint">Of its ICCID's digits; 0 for none.</param>
/// <param name="Ends">Its last four digits, for a person to know it by.</param>
internal readonly record struct SimCard(ulong Fingerprint, int Ends)
{
    private const int FewestDigits = 18;
    private const int MostDigits = 22;

    public string Shown => $"…{Ends:D4}";

    /// <summary>What an ICCID names; none where it is no ICCID, as modems say while they read the card ("unknown", zeros).</summary>
    public static SimCard? Read(string? iccid)
    {
        Span<char> digits = stackalloc char[MostDigits];
        var count = 0;
        foreach (var c in iccid ?? "")
        {
            if (!char.IsAsciiDigit(c)) continue; // blanks, dashes, an F that fills up
            if (count == MostDigits) return null;
            digits[count++] = c;
        }
        digits = digits[..count];
        if (count < FewestDigits || !digits.ContainsAnyExcept('0')) return null;
        return new(Learning.Fingerprint.Of(digits), int.Parse(digits[^4..], System.Globalization.CultureInfo.InvariantCulture));
    }
}
