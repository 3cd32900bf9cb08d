using Fleet.Alerts;
using Fleet.Alerts.Catalogue;

namespace Fleet.Host.Api;

/// <summary><c>catalogue</c>: what can go wrong and what to do about it, in both languages.</summary>
internal static class CatalogueApi
{
    public static void MapCatalogue(this IEndpointRouteBuilder v1) => v1
        .MapGet("/catalogue", (FaultCatalogue catalogue) => Answer.Json(new Page<Fault>(catalogue.All, null)))
        .WithTags("catalogue").WithName("GetCatalogue").WithSummary("Every fault with its texts in both languages").Produces<Page<Fault>>();
}
