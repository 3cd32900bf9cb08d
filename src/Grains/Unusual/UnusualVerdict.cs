namespace Fleet.Grains.Unusual;

/// <summary>Which statistic of the reading is the furthest out of its range.</summary>
public enum UnusualAspect
{
    /// <summary>None is outside.</summary>
    None,

    /// <summary>The value itself, against the long mean.</summary>
    Level,

    /// <summary>The middle mean: where the reading has drifted to.</summary>
    Drift,

    /// <summary>The short mean against the middle one: a change that is faster, or lasts longer, than any before.</summary>
    Change,

    /// <summary>What is usual at this time of day.</summary>
    Rhythm,
}

/// <summary>What <see cref="UnusualWatch.Hear"/> says of one value.</summary>
/// <param name="Score">0 for as usual, near 1 for nothing like it ever; from 0.5 on it is an alarm.</param>
/// <param name="Aspect">What is unusual about it.</param>
/// <param name="Seen">The statistic that is unusual, in the reading's own unit.</param>
/// <param name="UsualFrom">The least that it used to be, before this value widened the range.</param>
/// <param name="UsualTo">The most.</param>
public readonly record struct UnusualVerdict(double Score, UnusualAspect Aspect, double Seen, double UsualFrom, double UsualTo)
{
    public bool IsAlarm => Score >= AlarmScore;

    /// <summary>The one fixed threshold of the score, at every operating point.</summary>
    public const double AlarmScore = 0.5;
}
