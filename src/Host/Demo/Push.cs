using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Fleet.Host.Demo;

/// <summary>A push as a merchant's system gets it.</summary>
/// <param name="Event">What became of the alert: <c>raised</c> or <c>cleared</c>.</param>
/// <param name="Steps">What to do now, in the merchant's language.</param>
internal sealed record Push(
    string Terminal, string Merchant, string Fault, string Event, string Language, string Title, string EnglishTitle, ImmutableArray<string> Steps, DateTimeOffset ArrivedAt)
{
    public const string Raised = "raised", Cleared = "cleared", SignatureHeader = "Fleet-Signature";

    private static readonly TimeSpan s_oldest = TimeSpan.FromMinutes(5);

    /// <exception cref="FormatException">It is no push.</exception>
    public static Push Read(ReadOnlyMemory<byte> body, DateTimeOffset arrivedAt)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var push = json.RootElement;
            string Text(string name) => push.GetProperty(name).GetString() ?? "";
            return new(
                Text("terminal"), Text("merchant"), Text("fault"), Text("event"), Text("language"), Text("title"),
                push.GetProperty("texts").GetProperty("en").GetProperty("title").GetString() ?? "",
                [.. push.GetProperty("steps").EnumerateArray().Select(step => step.GetString() ?? "")], arrivedAt);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"This is no push: {e.Message}", e);
        }
    }

    /// <summary>
    /// Whether the header <c>t=SECONDS,v1=HEX</c> signs these bytes with the secret, and not too long ago: written from
    /// the documentation as a stranger would, not with the sender's code.
    /// </summary>
    public static bool IsSigned(ReadOnlySpan<byte> body, string? header, string secret, DateTimeOffset now)
    {
        var parts = (header ?? "").Split(',').Select(part => part.Split('=', 2)).Where(part => part.Length == 2).ToLookup(part => part[0], part => part[1]);
        if (parts["t"].FirstOrDefault() is not { } seconds || parts["v1"].FirstOrDefault() is not { } signature) return false;
        if (!long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var at) || (now - DateTimeOffset.FromUnixTimeSeconds(at)).Duration() > s_oldest) return false;
        byte[] signed = [.. Encoding.UTF8.GetBytes(seconds + "."), .. body];
        var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed);
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(expected)), Encoding.ASCII.GetBytes(signature));
    }
}
