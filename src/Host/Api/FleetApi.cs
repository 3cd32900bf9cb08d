using Fleet.Alerts.Book;
using Fleet.Alerts.Dispatch;
using Microsoft.AspNetCore.Mvc;

namespace Fleet.Host.Api;

/// <summary>
/// The HTTP API under <c>/api/v1</c>: JSON in camelCase, RFC 9457 problem details for every error, cursor paging. It
/// answers on loopback only, until people and roles exist.
/// </summary>
public static class FleetApi
{
    private const int MostBodyBytes = 16 * 1024;

    /// <summary>
    /// Maps the API with its gate and its error form. Needs <see cref="AlertDesk"/>, <see cref="TicketDesk"/>, the
    /// catalogue, the registry, a <see cref="TimeProvider"/> and Orleans' <see cref="IGrainFactory"/>.
    /// </summary>
    public static void MapFleetApi(this WebApplication app)
    {
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/api"), api => api
            .UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = Problems.OfExceptionAsync })
            .UseStatusCodePages(context => Problems.OfStatus(context.HttpContext.Response.StatusCode).ExecuteAsync(context.HttpContext))
            .Use(LoopbackOnly.CheckAsync));

        var v1 = app.MapGroup("/api/v1").WithMetadata(new RequestSizeLimitAttribute(MostBodyBytes));
        v1.MapTerminals();
        v1.MapAlerts();
        v1.MapTickets();
        v1.MapTasks();
        v1.MapCommands();
        v1.MapCredentials();
        v1.MapBlocks();
        v1.MapCatalogue();
    }
}
