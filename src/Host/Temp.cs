using Fleet.Grains; using Fleet.Grains.Terminals;
namespace Fleet.Alerts { 
 internal sealed class Nowhere : IFindings { public ValueTask PostAsync(Finding f, CancellationToken s=default)=>ValueTask.CompletedTask; public Task DrainAsync(CancellationToken s=default)=>Task.CompletedTask; }
 internal static class Temp { public static void AddAlerts(this IServiceCollection s, IConfiguration c) => s.AddSingleton<IFindings, Nowhere>(); } }
namespace Fleet.Alerts.Catalogue { public sealed class CatalogueException : Exception; }
namespace Fleet.Host.Api { internal static class Temp { public static void MapFleetApi(this WebApplication app) => app.MapGet("/api/v1/terminals/{serial}", async (string serial, IGrainFactory g) => await g.GetGrain<ITerminalGrain>(serial).View()); } }
namespace Fleet.Host.Verbs { internal static class SimulateVerb { public static System.CommandLine.Command Create() => new("simulate"); } }
