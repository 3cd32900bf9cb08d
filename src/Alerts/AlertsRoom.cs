using Fleet.Alerts.Book;
using Fleet.Alerts.Catalogue;
using Fleet.Alerts.Dispatch;
using Fleet.Alerts.Maintenance;
using Fleet.Alerts.Neighbours;
using Fleet.Alerts.Notify;
using Fleet.Alerts.Notify.Webhook;
using Fleet.Grains;
using Fleet.Grains.Neighbours;
using Fleet.Store;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Fleet.Alerts;

/// <summary>How the house gets this room.</summary>
public static class AlertsRoom
{
    /// <summary>
    /// Registers <see cref="IFindings"/>, the desks, the catalogue, the channels and what runs, in the order it starts:
    /// tables, census, deliveries, book, holds, visits. Stopping goes the other way, so that the book drains into an open outbox.
    /// Needs <see cref="Database"/> and <see cref="Registry"/>; register further <see cref="IChannel"/>s before or after.
    /// </summary>
    public static IServiceCollection AddAlerts(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<AlertsOptions, AlertsOptionsRules>(configuration, AlertsOptions.Section);
        services.AddSettings<WebhookOptions, WebhookOptionsRules>(configuration, WebhookOptions.Section);
        services.AddOptions<CatalogueOptions>().Bind(configuration.GetSection(CatalogueOptions.Section), b => b.ErrorOnUnknownConfiguration = true);

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(s => FaultCatalogue.Load(s.GetRequiredService<IOptions<CatalogueOptions>>().Value.Path));
        services.AddSingleton<IChannel, WebhookChannel>();
        services.TryAddSingleton<Census>();
        services.AddSingleton<CensusRows>();
        services.AddSingleton<Members>();
        services.AddSingleton<Incidents>();
        services.AddSingleton<HoldCheck>();
        services.AddSingleton<NeighbourNews>();
        services.AddSingleton<GroupFaults>();
        services.AddSingleton<IMembers>(s => s.GetRequiredService<GroupFaults>());
        services.AddSingleton<NeighbourBell>();
        services.AddSingleton<Routes>();
        services.AddSingleton<Outbox>();
        services.AddSingleton<Deliveries>();
        services.AddSingleton<Ledger>();
        services.AddSingleton<AlertBook>();
        services.AddSingleton<IFindings>(s => s.GetRequiredService<AlertBook>());
        services.AddSingleton<VisitCheck>();
        services.AddSingleton(s => new AlertDesk(
            s.GetRequiredService<Database>(), s.GetRequiredService<Ledger>(), s.GetRequiredService<FaultCatalogue>(),
            s.GetRequiredService<Deliveries>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new TicketDesk(
            s.GetRequiredService<Database>(), s.GetRequiredService<FaultCatalogue>(), s.GetRequiredService<Members>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new TaskDesk(s.GetRequiredService<Database>(), s.GetRequiredService<FaultCatalogue>(), s.GetRequiredService<TimeProvider>()));

        services.AddHostedService<TablesFirst>();
        services.AddHostedService(s => s.GetRequiredService<CensusRows>());
        services.AddHostedService(s => s.GetRequiredService<Deliveries>());
        services.AddHostedService(s => s.GetRequiredService<AlertBook>());
        services.AddHostedService(s => s.GetRequiredService<HoldCheck>());
        services.AddHostedService(s => s.GetRequiredService<VisitCheck>());
        return services;
    }

    /// <summary>Where there are grains: their groups are told what the book commits. Needs <see cref="IGroups"/>; starts after the silo.</summary>
    public static IServiceCollection AddNeighbours(this IServiceCollection services) => services.AddHostedService(s => s.GetRequiredService<NeighbourBell>());

    private static void AddSettings<TOptions, TRules>(this IServiceCollection services, IConfiguration configuration, string section)
        where TOptions : class where TRules : class, IValidateOptions<TOptions>
    {
        services.AddSingleton<IValidateOptions<TOptions>, TRules>();
        services.AddOptions<TOptions>().Bind(configuration.GetSection(section), b => b.ErrorOnUnknownConfiguration = true).ValidateOnStart();
    }

    private sealed class TablesFirst(Database database) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => AlertsTables.EnsureAsync(database, cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
