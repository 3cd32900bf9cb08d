using System.Runtime.CompilerServices;

namespace Fleet.House_Tests.Running;

/// <summary>Waits for what another process does in its own time: asks again until it is so, or time is up and the assertion that fails says why.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    public static async Task EqualAsync<T>(T expected, Func<Task<T>> actual, TimeSpan? within = null, [CallerArgumentExpression(nameof(actual))] string? what = null)
    {
        var last = await ReachAsync(actual, now => Equals(now, expected), within);
        Assert.True(Equals(last, expected), $"{what}: expected {expected}, still {last}");
    }

    /// <summary>What was seen last: what was wanted, or the reason it was not.</summary>
    public static async Task<T> ReachAsync<T>(Func<Task<T>> actual, Func<T, bool> isWanted, TimeSpan? within = null)
    {
        var clock = TimeProvider.System;
        var began = clock.GetTimestamp();
        while (true)
        {
            var now = await actual();
            if (isWanted(now) || clock.GetElapsedTime(began) > (within ?? TimeSpan.FromSeconds(30))) return now;
            await Task.Delay(s_pause, clock, TestContext.Current.CancellationToken);
        }
    }
}
