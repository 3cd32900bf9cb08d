using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Fleet.Alerts.Notify.Webhook;

/// <summary>
/// The header <c>Fleet-Signature: t=UNIX-SECONDS,v1=HEX</c>: HMAC-SHA256 (RFC 2104) of "t.body". A receiver computes the
/// same over the bytes it got and refuses what is older than some minutes, so that nothing can be played back.
/// </summary>
internal static class WebhookSignature
{
    public const string Header = "Fleet-Signature";

    public static string Of(ReadOnlySpan<byte> body, DateTimeOffset at, string secret)
    {
        var seconds = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.UTF8.GetBytes(seconds + "."));
        hmac.AppendData(body);
        return $"t={seconds},v1={Convert.ToHexStringLower(hmac.GetHashAndReset())}";
    }
}
