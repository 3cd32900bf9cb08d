using System.Collections.Concurrent;

namespace Fleet.Grains.Terminals;

/// <summary>The terminals that live on this silo, so that a pump of the same process reaches them without a message.</summary>
public sealed class LocalTerminals
{
    private readonly ConcurrentDictionary<string, TerminalGrain> _bySerial = new();

    public TerminalGrain? Find(string serial) => _bySerial.GetValueOrDefault(serial);

    public int Count => _bySerial.Count;

    /// <summary>Completed unless a dead node's journal has yet to reach the terminals: until then they take nothing newer.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    internal void Add(TerminalGrain grain) => _bySerial[grain.Serial] = grain;

    /// <summary>Removes this activation, not one that may have followed it.</summary>
    internal void Remove(TerminalGrain grain) => _bySerial.TryRemove(new(grain.Serial, grain));
}
