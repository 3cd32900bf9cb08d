using System.Collections.Concurrent;
using Fleet.Grains.Faults;
using Fleet.Grains.Neighbours;
using Fleet.Grains.Rules;
using Microsoft.Extensions.Logging;

namespace Fleet.Grains.Terminals;

/// <summary>
/// The terminals that live on this silo, so that a pump of the same process reaches them without a message; and what
/// they all work with, kept once and not by each of a million.
/// </summary>
public sealed class LocalTerminals(
    ITerminalStates states, ITerminalProfiles profiles, FaultLimits limits, StandingRules rules, StateWriter writer, IFindings alerts, Census census, IGrainFactory grains,
    ILogger<TerminalGrain> logger)
{
    private readonly ConcurrentDictionary<string, TerminalGrain> _bySerial = new(Utf8Serials.Instance);

    public TerminalGrain? Find(string serial) => _bySerial.GetValueOrDefault(serial);

    /// <summary>By the serial's bytes, as a journal has it: no string is made for a message.</summary>
    public TerminalGrain? Find(ReadOnlySpan<byte> serial) =>
        _bySerial.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(serial, out var here) ? here : null;

    /// <summary>To a terminal wherever it lives.</summary>
    public ITerminalGrain Reference(string serial) => grains.GetGrain<ITerminalGrain>(serial);

    internal ITerminalStates States => states;
    internal ITerminalProfiles Profiles => profiles;
    internal FaultLimits Limits => limits;
    internal StandingRules Rules => rules;
    internal StateWriter Writer => writer;
    internal IFindings Alerts => alerts;
    internal Census Census => census;
    internal IGrainFactory Grains => grains;
    internal ILogger Logger => logger;

    public int Count => _bySerial.Count;

    /// <summary>Completed unless a dead node's journal has yet to reach the terminals: until then they take nothing newer.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    internal void Add(TerminalGrain grain) => _bySerial[grain.Serial] = grain;

    /// <summary>Removes this activation, not one that may have followed it.</summary>
    internal void Remove(TerminalGrain grain) => _bySerial.TryRemove(new(grain.Serial, grain));
}
