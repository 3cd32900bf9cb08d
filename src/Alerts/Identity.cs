using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Fleet.Alerts;

/// <summary>
/// Names derived from what they name, so that a finding said twice, or applied by two silos, makes one row: the first
/// 16 bytes of SHA-256 in hex.
/// </summary>
internal static class Identity
{
    public static string OfAlert(string subject, string fault, long raisedAtMs) => Of("alert", subject, fault, Number(raisedAtMs));

    public static string OfTicket(string alert) => Of("ticket", alert);

    public static string OfTask(string alert, string name) => Of("task", alert, name);

    /// <summary>Of work that a forecast asks for: there is no alert.</summary>
    public static string OfTask(string subject, string fault, long foreseenAtMs, string name) => Of("forecast", subject, fault, Number(foreseenAtMs), name);

    /// <summary>The delivery id: the same for every attempt, and after a crash.</summary>
    public static string OfDelivery(string alert, long change, string channel) => Of("delivery", alert, Number(change), channel);

    /// <summary>Of a group's alert, which is told to many.</summary>
    public static string OfDelivery(string alert, long change, string channel, string recipient) => Of("delivery", alert, Number(change), channel, recipient);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Of(params ReadOnlySpan<string> parts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))).AsSpan(0, 16));
}
