using Fleet.Simulator.Stories;
using Fleet.Simulator.Terminals;

namespace Fleet.Simulator;

/// <summary>One terminal of a simulation, whichever story it plays.</summary>
internal interface IPlayer
{
    /// <summary>Lives until <paramref name="at"/> and says what it then has to say, in order.</summary>
    /// <param name="interval">The interval the report states: what the server will really see between two reports.</param>
    /// <param name="isCut">Its connection is gone, without a goodbye, before that.</param>
    IReadOnlyList<OutgoingMessage> Advance(DateTimeOffset at, TimeSpan interval, out bool isCut);
}

/// <summary>A healthy terminal, and the troubles that a <see cref="Story"/> brings upon it.</summary>
internal sealed class StoryPlayer(SimulatedTerminal terminal, Story story) : IPlayer
{
    public IReadOnlyList<OutgoingMessage> Advance(DateTimeOffset at, TimeSpan interval, out bool isCut)
    {
        isCut = TroubleAt(at).HasFlag(Trouble.PowerCut);
        return terminal.Advance(at, TroubleAt, interval);
    }

    private Trouble TroubleAt(DateTimeOffset moment) => story.TroubleOf(terminal.Serial, moment);
}
