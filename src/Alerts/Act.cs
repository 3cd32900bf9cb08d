namespace Fleet.Alerts;

/// <summary>What came of a person's act on one thing: the thing as it is now, a conflict with its state, or neither when there is no such thing.</summary>
public sealed record Act<T>(T? Now, string? Conflict = null) where T : class
{
    internal static readonly Act<T> NotFound = new(Now: null);
}
