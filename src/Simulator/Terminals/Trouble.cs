namespace Fleet.Simulator.Terminals;

/// <summary>What a story does to a terminal for a while.</summary>
[Flags]
public enum Trouble
{
    None = 0,

    /// <summary>Something stands before the antenna: every reading is of class poor or worse.</summary>
    WeakSignal = 1,

    /// <summary>The swipe reader's head is worn: six reads in ten fail, whatever the card.</summary>
    SwipeReaderWorn = 2,

    /// <summary>One customer whose stripe is damaged keeps trying.</summary>
    DamagedCard = 4,

    /// <summary>Nobody changes the roll, even when it has run out.</summary>
    NobodyChangesPaper = 8,

    /// <summary>No power: nothing is said, and the connection dies without a goodbye.</summary>
    PowerCut = 16,

    /// <summary>A busy hour: four times the customers, and more of them swipe.</summary>
    Rush = 32,
}
