namespace Fleet.Grains.Presence;

/// <summary>The wall to whoever takes messages: silence is a terminal's own only where we would have heard it.</summary>
public interface IListening
{
    /// <summary>Since when, without interruption, a word of this terminal would have reached us, Unix ms; null while it would not.</summary>
    /// <param name="heardAtMs">When it was last heard, Unix ms.</param>
    long? SinceMs(string serial, long heardAtMs);
}
