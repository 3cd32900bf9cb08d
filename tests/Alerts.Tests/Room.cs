using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Dapper;
using Fleet.Alerts.Book;
using Fleet.Alerts.Catalogue;
using Fleet.Alerts.Dispatch;
using Fleet.Alerts.Neighbours;
using Fleet.Alerts.Notify;
using Fleet.Grains;
using Fleet.Grains.Neighbours;
using Fleet.Grains.Reports;
using Fleet.Store;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Fleet.Alerts.Tests;

/// <summary>The whole room over one store, on a clock that stands still: what it delivers, it delivers when told to.</summary>
internal sealed class Room : IAsyncDisposable
{
    public const string Terminal = "T-1001";

    private readonly ServiceProvider _services;

    private Room(ServiceProvider services) => _services = services;

    public FakeTimeProvider Time => (FakeTimeProvider)_services.GetRequiredService<TimeProvider>();
    public Database Database => _services.GetRequiredService<Database>();
    public AlertBook Book => _services.GetRequiredService<AlertBook>();
    public AlertDesk Alerts => _services.GetRequiredService<AlertDesk>();
    public TicketDesk Tickets => _services.GetRequiredService<TicketDesk>();
    public Outbox Outbox => _services.GetRequiredService<Outbox>();
    public HoldCheck Holds => _services.GetRequiredService<HoldCheck>();
    public VisitCheck Visits => _services.GetRequiredService<VisitCheck>();

    /// <summary>What came out of a channel that takes everything.</summary>
    public RecordingChannel Pushes { get; private init; } = null!;
    public RecordingChannel History { get; private init; } = null!;

    public static async Task<Room> OpenAsync(Database database, FakeTimeProvider? time = null, bool started = true, params (string Setting, string Value)[] settings)
    {
        await database.EnsureAsync(Tables.Registry);
        await AlertsTables.EnsureAsync(database);
        var registry = new Registry(database);
        await registry.ImportAsync([Registered(Terminal, "S-1", "M-1")]);
        var (pushes, history) = (new RecordingChannel(ChannelNames.Webhook, perHour: 60), new RecordingChannel(ChannelNames.History));
        var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(database)
            .AddSingleton(registry)
            .AddSingleton<TimeProvider>(time ?? Clock())
            .AddSingleton<IChannel>(history)
            .AddAlerts(Settings(settings))
            .BuildServiceProvider();
        var room = new Room(services) { Pushes = pushes, History = history };
        if (started) await room.Book.StartAsync(default);
        return room;
    }

    public static RegisteredTerminal Registered(string serial, string site, string merchant, string carrier = "46000") =>
        new(serial, merchant, site, "A920", carrier, "1 Market Street", "Asia/Shanghai", "zh-CN", "http://merchant.test/hook");

    public static FakeTimeProvider Clock() => new(DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000));

    public static IConfiguration Settings(params (string Setting, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Setting, (string?)s.Value))).Build();

    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    public Task Raises(string fault, long at, string terminal = Terminal) => Finds(FindingKind.Raised, fault, at, at, terminal);

    public Task Clears(string fault, long raisedAt, long at) => Finds(FindingKind.Cleared, fault, raisedAt, at, Terminal);

    public async Task ClearsOf(string subject, string fault, long raisedAt) => await Finds(FindingKind.Cleared, fault, raisedAt, NowMs, subject);

    /// <summary>A terminal says what it runs and where it is.</summary>
    public void Says(string serial, string? app = null, string? cell = null) => Get<Census>().Hear(Report(serial, app, cell));

    public Report Report(string serial, string? app = null, string? cell = null, string? source = null)
    {
        var json = $$"""{ "system": { "app": {{Json(app)}} }, "signal": { "link": "cellular", "cell": {{Json(cell)}} }, "power": { "source": {{Json(source)}} } }""";
        Assert.Equal(Refusal.None, new ReportReader().Read(Encoding.UTF8.GetBytes(json), serial, Section.Report, NowMs, 1, out var report));
        return report!;

        static string Json(string? text) => JsonSerializer.Serialize(text);
    }

    /// <summary>So many seconds pass, and what waited long enough is told.</summary>
    public async Task PassAsync(int seconds)
    {
        Time.Advance(TimeSpan.FromSeconds(seconds));
        await Holds.LookAsync(default);
        await Visits.LookAsync(default);
        await DeliverAsync(Pushes);
    }

    public async Task Finds(FindingKind kind, string fault, long raisedAt, long at, string terminal = Terminal)
    {
        await Book.PostAsync(Some(kind, fault, raisedAt, at, terminal));
        await Book.DrainAsync();
    }

    public static Finding Some(FindingKind kind, string fault, long raisedAt, long at, string terminal = Terminal) =>
        new(terminal, fault, kind, raisedAt, at, [new("failedShare", 0.4), new("reader", Text: "chip")]);

    public async Task<ImmutableArray<AlertView>> ListAsync(AlertState? state = null) =>
        [.. (await Alerts.ListAsync(new(state), 100, null, default)).Items];

    public async Task<ImmutableArray<TicketView>> TicketsAsync() => [.. (await Tickets.ListAsync(new(), 100, null, Language.English, default)).Items];

    /// <summary>Delivers what is due on a channel, until nothing is.</summary>
    public async Task DeliverAsync(IChannel channel)
    {
        var loop = new OutboxLoop(channel, Outbox, Get<IOptions<AlertsOptions>>(), Time, new Random(1), NullLogger<OutboxLoop>.Instance);
        while (await loop.DeliverDueAsync(default) > 0) { }
    }

    public async Task<ImmutableArray<(string State, string? Reason)>> OutboxAsync(string channel)
    {
        await using var connection = await Database.OpenAsync();
        return [.. await connection.QueryAsync<(string, string?)>("select state, reason from outbox where channel = @channel order by created_at, number", new { channel })];
    }

    public async ValueTask DisposeAsync()
    {
        await Book.StopAsync(default);
        await _services.DisposeAsync();
    }
}

/// <summary>A channel that keeps what it is given, and answers as told.</summary>
internal sealed class RecordingChannel(string name, int? perHour = null) : IChannel
{
    private readonly List<Parcel> _parcels = [];

    public string Name => name;
    public int? PerRecipientAndHour => perHour;
    public Func<Parcel, Delivery> Answer { get; set; } = _ => Delivery.Delivered();

    public ImmutableArray<Parcel> Parcels
    {
        get { lock (_parcels) return [.. _parcels]; }
    }

    public Task<Delivery> SendAsync(Parcel parcel, CancellationToken stop)
    {
        lock (_parcels) _parcels.Add(parcel);
        return Task.FromResult(Answer(parcel));
    }
}
