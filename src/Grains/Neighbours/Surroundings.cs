using Fleet.Grains.Terminals;

namespace Fleet.Grains.Neighbours;

/// <summary>What a terminal shares with others, and so the causes its faults may have outside it. What is null it shares with nobody.</summary>
/// <param name="Cell">The radio cell it lives in.</param>
/// <param name="Region">Of the register: what loses its mains together.</param>
public readonly record struct Surroundings(
    string? Site = null, string? Carrier = null, string? Cell = null, string? Model = null, string? Firmware = null, string? App = null,
    string? Region = null)
{
    /// <param name="profile">What the register says of it.</param>
    /// <param name="said">What it says itself.</param>
    public static Surroundings Of(TerminalProfile profile, in Said said) => new(profile.Site, profile.Carrier, said.Cell, profile.Model, said.Firmware, said.App, profile.Region);

    /// <summary>What a site or a cell shares with others: what all its members share.</summary>
    public Surroundings Shared(Surroundings other) => new(
        Same(Site, other.Site), Same(Carrier, other.Carrier), Same(Cell, other.Cell),
        Same(Model, other.Model), Same(Firmware, other.Firmware), Same(App, other.App), Same(Region, other.Region));

    private static string? Same(string? a, string? b) => a == b ? a : null;
}
