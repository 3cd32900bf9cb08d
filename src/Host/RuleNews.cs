using Fleet.Alerts.Book;
using Fleet.Grains.Rules;
using Fleet.Grains.Terminals;
using Fleet.Store;

namespace Fleet.Host;

/// <summary>
/// Terminals learn with their next report that the rules or the register have changed. One that is silent would keep what
/// a rule that is gone had raised: those with such an alert are told, at start too.
/// </summary>
internal sealed partial class RuleNews(
    StandingRules rules, Registry registry, AlertDesk alerts, IGrainFactory grains, TimeProvider time, ILogger<RuleNews> log) : BackgroundService
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(2);
    private const int AsksAtOnce = 256;

    private (RuleSet?, int) _told;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_look, time);
        do
        {
            var now = (rules.Now, registry.Version); // before the alerts are read: what changes meanwhile is told the next time
            if (now == _told) continue;
            try
            {
                foreach (var some in (await alerts.RaisedByRulesAsync(stoppingToken)).Chunk(AsksAtOnce))
                    await Task.WhenAll(some.Select(serial => grains.GetGrain<ITerminalGrain>(serial).Follow(time.GetUtcNow().ToUnixTimeMilliseconds()).AsTask()));
                _told = now;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested) { return; }
            catch (Exception e) { LogNotTold(e.Message); }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(5303, LogLevel.Warning, "Terminals with alerts of rules could not be told of a change; they are told later: {Message}")]
    private partial void LogNotTold(string message);
}
