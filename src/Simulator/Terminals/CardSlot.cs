namespace Fleet.Simulator.Terminals;

/// <summary>One way to read a card, with the counters of the wire: cumulative, and nothing that identifies a card.</summary>
internal sealed class CardSlot(double failureShare, Random random)
{
    private const int MostTries = 3;

    public long Ok { get; private set; }

    public long Failed { get; private set; }

    /// <summary>Failed reads where the card answered nothing that could be read at all.</summary>
    public long Unreadable { get; private set; }

    /// <summary>Different cards among the failed reads.</summary>
    public long Cards { get; private set; }

    /// <summary>A customer tries this way up to three times; true when a try succeeded.</summary>
    public bool Read(double? wornFailureShare = null)
    {
        for (var attempt = 0; attempt < MostTries; attempt++)
        {
            if (!random.NextChance(wornFailureShare ?? failureShare))
            {
                Ok++;
                return true;
            }
            if (attempt == 0) Cards++;
            Failed++;
        }
        return false;
    }

    /// <summary>A card that no reader can read is tried three times.</summary>
    /// <param name="isNew">False when it is the card that failed before.</param>
    public void ReadDamaged(bool isNew)
    {
        if (isNew) Cards++;
        Failed += MostTries;
        Unreadable += MostTries;
    }
}
