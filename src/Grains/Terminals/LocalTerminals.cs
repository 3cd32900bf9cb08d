using System.Collections.Concurrent;

namespace Fleet.Grains.Terminals;

/// <summary>The terminals that live on this silo, so that a pump of the same process reaches them without a message.</summary>
public sealed class LocalTerminals
{
    private readonly ConcurrentDictionary<string, TerminalGrain> _bySerial = new();

    public TerminalGrain? Find(string serial) => _bySerial.GetValueOrDefault(serial);

    public int Count => _bySerial.Count;

    internal void Add(TerminalGrain grain) => _bySerial[grain.Serial] = grain;

    /// <summary>Removes this activation, not one that may have followed it.</summary>
    internal void Remove(TerminalGrain grain) => _bySerial.TryRemove(new(grain.Serial, grain));
}
