namespace Fleet.Grains.Neighbours;

/// <summary>What a terminal has done without within the last hour, by its own word: so it can neither show the loss of that nor deny it.</summary>
[Flags]
public enum Without : byte { Nothing = 0, Mains = 1, Cable = 2 }

/// <summary>One thing that the members of a group may lose together.</summary>
/// <param name="Of">Silence shows the loss only of what the member had; of nothing special: any fault shows it.</param>
/// <param name="Name">As evidence says it.</param>
/// <param name="Signs">Faults that show it for certain.</param>
public sealed record Loss(Without Of, string Name, params string[] Signs)
{
    /// <summary>What a terminal shows that lost the mains it stands on in the moment in which a neighbour fell silent: by the census, before it is a fault.</summary>
    public const string OnBattery = "on-battery";

    /// <summary>How many members must show it by such a sign, and not by silence.</summary>
    public int LeastCertain { get; init; }

    public static Loss[] OfAnything { get; } = [new(Without.Nothing, "anything")];
}
