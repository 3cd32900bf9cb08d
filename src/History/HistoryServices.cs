using Fleet.Grains.Reports;
using Fleet.Store;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fleet.History;

public static class HistoryServices
{
    /// <summary>
    /// Adds <see cref="HistoryWriter"/>, also as <see cref="IHistory"/>, with the settings <c>Influx:*</c>. Needs a
    /// <see cref="Registry"/>. Register it before the rooms that feed it: hosted services stop in reverse, so it drains last.
    /// </summary>
    public static IServiceCollection AddHistory(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<InfluxOptions>()
            .Bind(configuration.GetSection(InfluxOptions.Section), binder => binder.ErrorOnUnknownConfiguration = true)
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<InfluxOptions>, InfluxOptionsCheck>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(Writer);
        services.AddSingleton<IHistory>(provider => provider.GetRequiredService<HistoryWriter>());
        services.AddHostedService(provider => provider.GetRequiredService<HistoryWriter>());
        services.AddHostedService<PipelineFigures>();
        return services;
    }

    private static HistoryWriter Writer(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<InfluxOptions>>();
        var time = provider.GetRequiredService<TimeProvider>();
        ITimeSeriesDatabase database = options.Value.Api switch
        {
            InfluxApi.V1 => new InfluxV1Database(options.Value, time, provider.GetRequiredService<ILogger<InfluxV1Database>>()),
            InfluxApi.V2 => new InfluxV2Database(options.Value, time),
            _ => new NullDatabase(),
        };
        return new HistoryWriter(options, provider.GetRequiredService<Registry>(), database, time, provider.GetRequiredService<ILogger<HistoryWriter>>());
    }
}
