using System.Net;

namespace Fleet.Host.Api;

/// <summary>
/// Turns away whoever does not ask from this machine, or not by its own name: a web page whose name was made to mean
/// 127.0.0.1 is a stranger (DNS rebinding).
/// </summary>
internal static class LoopbackOnly
{
    public static Task CheckAsync(HttpContext context, RequestDelegate next) =>
        context.Connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote) && IsOurs(context.Request.Host.Host)
            ? next(context)
            : Problems.Forbidden("The API answers only on this machine's loopback addresses.").ExecuteAsync(context);

    private static bool IsOurs(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
