using Fleet.Store;
using Fleet.Tests.Shared;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fleet.History.Tests;

/// <summary>The room as Host wires it, with a registry of its own. Quick settings by default.</summary>
internal sealed class Room : IAsyncDisposable
{
    private readonly TestRegistry _registry;
    private readonly ServiceProvider _services;

    private Room(TestRegistry registry, ServiceProvider services)
    {
        _registry = registry;
        _services = services;
        History = services.GetRequiredService<HistoryWriter>();
    }

    public HistoryWriter History { get; }

    /// <param name="settings">Written as <c>Url=http://…</c>, without the section.</param>
    public static Task<Room> StartAsync(Uri url, params string[] settings) => StartAsync(url, [], _ => { }, settings);

    public static async Task<Room> StartAsync(Uri url, IEnumerable<RegisteredTerminal> terminals, Action<IServiceCollection> more, params string[] settings)
    {
        var registry = await TestRegistry.WithAsync(terminals);
        var services = new ServiceCollection().AddLogging().AddSingleton(registry.Registry);
        services.AddHistory(Configured([$"Url={url}", "Linger=00:00:00.020", "RetryFirst=00:00:00.050", "RetryLongest=00:00:00.200", .. settings]));
        more(services);
        var room = new Room(registry, services.BuildServiceProvider());
        foreach (var hosted in room._services.GetServices<IHostedService>()) await hosted.StartAsync(TestContext.Current.CancellationToken);
        return room;
    }

    /// <summary>Of a setting given twice, the later one counts.</summary>
    public static IConfiguration Configured(params string[] settings) => new ConfigurationBuilder().AddInMemoryCollection(settings
        .Select(setting => setting.Split('=', 2)).GroupBy(pair => pair[0], pair => pair[1])
        .Select(values => KeyValuePair.Create("Influx:" + values.Key, (string?)values.Last())))
        .Build();

    /// <summary>A new name, so that tests share a server and nothing else.</summary>
    public static string NewDatabase() => "db" + Guid.NewGuid().ToString("N");

    public async Task StopAsync()
    {
        foreach (var hosted in _services.GetServices<IHostedService>().Reverse()) await hosted.StopAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _services.DisposeAsync();
        await _registry.DisposeAsync();
    }
}

/// <summary>Waiting in tests: for the thing itself, with an end.</summary>
internal static class Waiting
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public static Task Soon(this Task task) => task.WaitAsync(s_patience, TestContext.Current.CancellationToken);

    public static Task UntilAsync(Func<bool> holds) => UntilAsync(() => Task.FromResult(holds()));

    public static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(s_patience);
        while (!await holds()) await Task.Delay(20, patience.Token);
    }
}
