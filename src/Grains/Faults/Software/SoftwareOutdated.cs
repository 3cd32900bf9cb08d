using System.Collections.Immutable;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary><c>software-outdated</c>: firmware, app or security patch is older than the operator requires of this model; gone when none is.</summary>
internal struct SoftwareOutdated : IDetector
{
    [Flags]
    private enum Part : byte { None, Firmware = 1, App = 2, Patch = 4 }

    private Alarm _alarm;
    private byte _outdated;

    public static string Name => "software-outdated";

    public readonly Alarm Alarm => _alarm;

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.System is null) return;
        var required = hearing.Limits.Software.For(hearing.Profile.Model);
        if (required is null && !_alarm.IsRaised) return;
        var last = hearing.Learned.Last;
        var outdated = (byte)(Judge(Part.Firmware, last.Firmware, required?.Firmware)
            | Judge(Part.App, last.App, required?.App) | Judge(Part.Patch, last.Patch, required?.Patch));
        if (outdated == _outdated) return;
        var wasOutdated = _outdated != 0;
        _outdated = outdated;
        if (outdated == 0) hearing.Clear(Name, ref _alarm, Versions(hearing, required));
        else if (wasOutdated) hearing.Change(Name, _alarm, Versions(hearing, required));
        else hearing.Raise(Name, ref _alarm, Versions(hearing, required));
    }

    private static Part Judge(Part part, string? version, string? required) =>
        version is not null && required is not null && VersionText.IsOlder(version, required) ? part : Part.None;

    private static ImmutableArray<Evidence> Versions(in Hearing hearing, RequiredVersions? required)
    {
        var last = hearing.Learned.Last;
        var evidence = ImmutableArray.CreateBuilder<Evidence>();
        Add("firmware", "requiredFirmware", last.Firmware, required?.Firmware);
        Add("app", "requiredApp", last.App, required?.App);
        Add("patch", "requiredPatch", last.Patch, required?.Patch);
        return evidence.ToImmutable();

        void Add(string name, string requiredName, string? version, string? least)
        {
            if (version is null || least is null) return;
            evidence.Add(new(name, Text: version));
            evidence.Add(new(requiredName, Text: least));
        }
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _outdated);
    }
}
