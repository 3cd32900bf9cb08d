using Microsoft.Extensions.Logging;

namespace Fleet.Grains.Neighbours;

/// <summary>
/// <see cref="Cohorts"/> with a clock: once a minute it reads from the book what stands and what began, for versions show
/// over hours what is wrong with them. It keeps nothing but for how long something has been so.
/// </summary>
public sealed partial class CohortGrain(IMembers members, Census census, IFindings findings, TimeProvider time, ILogger<CohortGrain> logger) : Grain, ICohortGrain
{
    private static readonly TimeSpan Beat = TimeSpan.FromMinutes(1);

    private readonly Cohorts _cohorts = new(census, members.SiteOf, members.ModelOf, CohortLimits.Default);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(LookAsync, new() { DueTime = Beat, Period = Beat });
        return Task.CompletedTask;
    }

    public ValueTask Wake() => ValueTask.CompletedTask;

    private async Task LookAsync(CancellationToken stop)
    {
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var found in _cohorts.Look(await members.TroublesAsync(nowMs - 2 * CohortLimits.Default.WindowMs, stop), nowMs))
        {
            LogFound(found.Subject, found.Fault, found.Kind);
            GrainMetrics.Found(found);
            await findings.PostAsync(found, stop);
        }
    }

    [LoggerMessage(4302, LogLevel.Warning, "{Cohort}: {Fault} {Kind}")]
    private partial void LogFound(string cohort, string fault, FindingKind kind);
}
