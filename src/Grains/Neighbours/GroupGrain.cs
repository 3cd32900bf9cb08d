using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Fleet.Grains.Neighbours;

/// <summary>
/// A <see cref="Group"/> with a clock: looks once a second while anything may change, and says what it finds to the book.
/// It keeps nothing of its own: what its members show is in the book's store, and read from there when it stands up.
/// </summary>
public sealed partial class GroupGrain(IMembers members, IFindings findings, TimeProvider time, ILogger<GroupGrain> logger) : Grain, IGroupGrain
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private Group _group = null!;
    private IGrainTimer? _timer;

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        StayAwake();
    }

    public ValueTask Hear(ImmutableArray<MemberChange> changes)
    {
        foreach (var change in changes) Hear(change);
        StayAwake();
        return ValueTask.CompletedTask;
    }

    public async ValueTask Reload()
    {
        await LoadAsync(CancellationToken.None);
        StayAwake();
    }

    private async Task LoadAsync(CancellationToken stop)
    {
        var subject = this.GetPrimaryKeyString();
        var kind = GroupKind.Of(subject) ?? throw new ArgumentException($"{subject} is no group.");
        var open = await members.OpenAsync(subject, stop);
        _group = kind.New(subject, members.CountOf(subject), members.SiteOf, what => members.Without(subject, what));
        foreach (var change in open) Hear(change);
    }

    /// <summary>A terminal whose clock is fast shows its fault now, not in an hour.</summary>
    private void Hear(MemberChange change)
    {
        var nowMs = NowMs;
        _group.Hear(new(change.Member, change.Fault, change.IsCleared ? FindingKind.Cleared : FindingKind.Raised,
            change.IsCleared || change.Member == _group.Subject ? change.RaisedAtMs : Math.Min(change.RaisedAtMs, nowMs), nowMs,
            change.LastHeardAtMs == 0 ? [] : [new(GroupKind.LastHeard, change.LastHeardAtMs)]));
    }

    private void StayAwake()
    {
        if (_group.IsRestless(NowMs)) _timer ??= this.RegisterGrainTimer(OnBeat, new() { DueTime = Beat, Period = Beat });
    }

    private async Task OnBeat(CancellationToken stop)
    {
        var nowMs = NowMs;
        _group.Members = members.CountOf(_group.Subject);
        if (_group.Tick(nowMs) is { } found)
        {
            LogFound(found.Subject, found.Fault, found.Kind, (int)found.Evidence[0].Number!.Value, _group.Members);
            GrainMetrics.Found(found);
            await findings.PostAsync(found, stop);
        }
        if (_group.IsRestless(nowMs)) return;
        _timer?.Dispose();
        _timer = null;
    }

    [LoggerMessage(4301, LogLevel.Warning, "{Group}: {Fault} {Kind}, {Down} of {Members} terminals at fault")]
    private partial void LogFound(string group, string fault, FindingKind kind, int down, int members);
}

/// <summary>The groups as grains.</summary>
public sealed class GroupGrains(IGrainFactory grains) : IGroups
{
    public IGroupGrain Of(string group) => grains.GetGrain<IGroupGrain>(group);

    public ICohortGrain Cohorts => grains.GetGrain<ICohortGrain>(0);
}
