using Fleet.Simulator.Terminals;

namespace Fleet.Simulator.Stories;

/// <summary>A trouble that a story brings upon a terminal for a while, in simulated time.</summary>
public sealed record Plight(string Serial, Trouble Trouble, DateTimeOffset From, DateTimeOffset To);

/// <summary>Which terminal is troubled when, and the truth that the server's alerts are held against.</summary>
public sealed class Story
{
    public static Story None { get; } = new([], [], new Dictionary<string, double>());

    private readonly ILookup<string, Plight> _plights;
    private readonly Dictionary<string, double> _paper;

    /// <param name="paper">Terminals that start with an older roll, and what is left of it.</param>
    public Story(IReadOnlyList<Plight> plights, IReadOnlyList<Truth> truths, IReadOnlyDictionary<string, double> paper)
    {
        _plights = plights.ToLookup(plight => plight.Serial);
        _paper = new(paper);
        Truths = truths;
    }

    public IReadOnlyList<Truth> Truths { get; }

    /// <summary>How many terminals <see cref="Demo"/> needs.</summary>
    public const int DemoTerminals = 8;

    public Trouble TroubleOf(string serial, DateTimeOffset at) => _plights[serial]
        .Where(plight => plight.From <= at && at < plight.To)
        .Aggregate(Trouble.None, (all, plight) => all | plight.Trouble);

    public TerminalProfile Adjust(TerminalProfile profile) =>
        _paper.TryGetValue(profile.Serial, out var left) ? profile with { Paper = left } : profile;

    /// <summary>
    /// The demo: five terminals have a trouble each, between a tenth and eight tenths of the time, so that all of it is seen
    /// to end; two more only look like trouble, and one trouble looks like another. The rest of the fleet stays well.
    /// </summary>
    /// <param name="clock">Its length must be three simulated hours or more, and the cut of power 45 real seconds.</param>
    public static Story Demo(IReadOnlyList<string> serials, SimulatedClock clock)
    {
        if (serials.Count < DemoTerminals) throw new ArgumentException($"The demo needs {DemoTerminals} terminals, not {serials.Count}.", nameof(serials));
        DateTimeOffset At(double share) => clock.Start + share * (clock.CaughtUp - clock.Start);
        var (weak, dip, worn, damaged, paper, cut, calm) = (serials[0], serials[1], serials[2], serials[3], serials[4], serials[5], serials[6]);
        var (dipEnds, cardGone) = (At(0.4) + TimeSpan.FromSeconds(70), At(0.4) + TimeSpan.FromMinutes(4));
        Plight[] plights =
        [
            new(weak, Trouble.WeakSignal, At(0.1), At(0.6)),
            new(dip, Trouble.WeakSignal, At(0.4), dipEnds),
            new(worn, Trouble.SwipeReaderWorn, At(0.1), At(0.5)),
            new(worn, Trouble.Rush, At(0.1), clock.CaughtUp), // a mended reader is believed after some thirty cards
            new(damaged, Trouble.DamagedCard, At(0.4), cardGone),
            new(damaged, Trouble.Rush, At(0.3), At(0.6)),
            new(paper, Trouble.NobodyChangesPaper | Trouble.Rush, clock.Start, At(0.6)),
            new(cut, Trouble.PowerCut, At(0.3), At(0.75)),
            new(calm, Trouble.Rush, At(0.2), At(0.6)),
        ];
        Truth[] truths =
        [
            new(weak, "weak-signal", At(0.1), At(0.6), true, false, "a delivery is stacked before the antenna, and cleared away"),
            new(worn, "reader-fault", At(0.1), At(0.5), true, true, "the swipe reader fails on six of ten cards, and is mended"),
            new(damaged, "bad-card", At(0.4), cardGone, true, false, "one customer tries a damaged card again and again"),
            new(paper, "paper-low", clock.Start, At(0.6), true, false, "the roll runs low", GivesWayTo: "paper-out"),
            new(paper, "paper-out", clock.Start, At(0.6), true, false, "the roll runs out, and is changed"),
            new(cut, "offline", clock.RealAt(At(0.3)), clock.RealAt(At(0.75)), true, false, "the plug is pulled, and put back", IsArrivalTime: true),
            new(dip, "weak-signal", At(0.4), dipEnds, false, false, "a lorry parks outside for a minute"),
            new(damaged, "reader-fault", At(0.4), cardGone, false, false, "it was the card, not the reader"),
            new(calm, "reader-fault", At(0.2), At(0.6), false, false, "the busiest hours of the week"),
        ];
        return new Story(plights, truths, new Dictionary<string, double> { [paper] = 0.08 });
    }
}
