using System.Diagnostics.Metrics;
using Fleet.Grains.Terminals;
using Fleet.History;
using Fleet.Ingest;
using Fleet.Ingest.Mqtt;
using Fleet.Ingest.Pump;

namespace Fleet.Host;

/// <summary>Our own pipeline's figures for measurement <c>fleet</c> and as gauges for /metrics.</summary>
internal static class Figures
{
    private static readonly Meter s_meter = new("Fleet.Host");

    public static void AddFigures(this IServiceCollection services)
    {
        services.AddFigure("journal_bytes", s => s.GetRequiredService<JournalNode>().State.Bytes);
        services.AddFigure("terminals_active", s => s.GetRequiredService<LocalTerminals>().Count);
        services.AddFigure("messages", _ => IngestMetrics.MessagesTaken);
    }

    /// <summary>Gauges have no place of their own in a container: they are made once, when the server is.</summary>
    public static void StartGauges(this WebApplication app)
    {
        var (journal, terminals) = (app.Services.GetRequiredService<JournalNode>(), app.Services.GetRequiredService<LocalTerminals>());
        s_meter.CreateObservableGauge("fleet.journal.size", () => journal.State.Bytes, "By", "Journal rows kept for the terminals or for history");
        var tls = app.Services.GetRequiredService<Tls>();
        s_meter.CreateObservableGauge("fleet.tls.left", () => tls.DaysLeft is { } days ? new[] { new Measurement<double>(days) } : [], "d", "Days until the TLS certificate ends");
        s_meter.CreateObservableGauge("fleet.terminals.active", () => terminals.Count, "{terminal}", "Terminals that live in this process");
    }

    private static void AddFigure(this IServiceCollection services, string name, Func<IServiceProvider, double> read) =>
        services.AddSingleton(provider => new PipelineFigure(name, () => read(provider)));
}
