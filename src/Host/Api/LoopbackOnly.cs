using System.Net;

namespace Fleet.Host.Api;

/// <summary>Turns away whoever does not ask from this machine.</summary>
internal static class LoopbackOnly
{
    public static Task CheckAsync(HttpContext context, RequestDelegate next) =>
        context.Connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote)
            ? next(context)
            : Problems.Forbidden("The API answers only on this machine's loopback addresses.").ExecuteAsync(context);
}
