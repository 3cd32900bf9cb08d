using System.Buffers;

namespace Fleet.Grains.Terminals;

/// <summary>
/// The terminal itself: pure. Inputs change its state and yield findings; it has no clock, no log and no store.
/// </summary>
public sealed class Terminal(string serial)
{
    public string Serial => serial;

    /// <summary>When it counts as silent if nothing more is heard, Unix ms; 0 while nothing was ever heard or it is known to be silent.</summary>
    public long SilentAtMs { get; private set; }

    /// <summary>When it was last heard (arrival time), Unix ms; 0 for never.</summary>
    public long HeardAtMs { get; private set; }

    /// <summary>Applies one input; findings are added to <paramref name="findings"/> in order.</summary>
    public void Apply(in Input input, List<Finding> findings) => throw new NotSupportedException();

    public TerminalView View() => throw new NotSupportedException();

    /// <summary>Writes the state, versioned; under 1 KiB.</summary>
    public void Save(IBufferWriter<byte> to) => throw new NotSupportedException();

    public static Terminal Load(string serial, ReadOnlySpan<byte> state) => throw new NotSupportedException();
}
