using Fleet.Alerts.Catalogue;
using Fleet.Grains.Rules;

namespace Fleet.Host;

/// <summary>
/// Rules:Path: reads the operator's rules at start, and again when the file changes. A file that is wrong at start keeps the
/// server from starting; one that turns wrong later is said, and the rules before it stand.
/// </summary>
internal sealed partial class RuleWatcher(StandingRules standing, FaultCatalogue catalogue, IConfiguration configuration, TimeProvider time, ILogger<RuleWatcher> log) : BackgroundService
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(2);

    private readonly string? _path = configuration["Rules:Path"] is { Length: > 0 } path ? Path.GetFullPath(path) : null;
    private DateTime _seen;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (_path is null) return Task.CompletedTask;
        Load(_path);
        return base.StartAsync(cancellationToken);
    }

    /// <exception cref="RuleException">The file is wrong; the rules before it stand.</exception>
    /// <exception cref="CatalogueException">The same of a rule's fault.</exception>
    public void Load(string path)
    {
        _seen = File.GetLastWriteTimeUtc(path); // before it is read: a change meanwhile is seen again
        var rules = RuleFile.Load(path);
        catalogue.Know(rules); // texts first, so that no alert lacks them
        standing.Now = rules;
        LogLoaded(rules.All.Length, path);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_look, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (File.GetLastWriteTimeUtc(_path!) == _seen) continue;
            try { Load(_path!); }
            catch (Exception e) when (e is RuleException or CatalogueException) { LogWrong(e.Message); }
        }
    }

    [LoggerMessage(5301, LogLevel.Information, "{Count} rules stand, from {Path}")]
    private partial void LogLoaded(int count, string path);

    [LoggerMessage(5302, LogLevel.Error, "The rules before stand, for these are wrong: {Message}")]
    private partial void LogWrong(string message);
}
