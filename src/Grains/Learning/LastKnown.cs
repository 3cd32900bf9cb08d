using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Learning;

/// <summary>The last value of each reading: what people look up of a terminal, and what a report of one section is judged with.</summary>
internal struct LastKnown : IPart
{
    /// <summary>In bytes of UTF-8. No version is this long; what is longer is cut, to keep the state small.</summary>
    private const int LongestVersion = 64;
    private const int MostBytesOfCharacter = 3;

    private long _receivedAtMs;
    private Figure _battery, _rssiDbm, _rsrpDbm, _snrDb;
    private Versions? _versions;

    /// <summary>0 for never told.</summary>
    private float _volts;

    // One more than the value; 0 for never told.
    private byte _printerState, _rat, _link, _powerSource;

    public static string Name => "last";

    public readonly PrinterState? PrinterState => _printerState == 0 ? null : (PrinterState)(_printerState - 1);

    /// <summary>Charge, 0 to 1.</summary>
    public readonly double? Battery => _battery.Value;

    /// <summary>V; 0 where it was never told.</summary>
    public readonly double Volts => _volts;
    public readonly PowerSource? PowerSource => _powerSource == 0 ? null : (PowerSource)(_powerSource - 1);
    public readonly Link? Link => _link == 0 ? null : (Link)(_link - 1);
    private readonly Rat? Rat => _rat == 0 ? null : (Rat)(_rat - 1);

    public readonly string? Firmware => _versions?.Firmware;
    public readonly string? App => _versions?.App;

    /// <summary>Security patch level.</summary>
    public readonly string? Patch => _versions?.Patch;

    /// <summary>Whether a version is another than before; the first that is told is none.</summary>
    public readonly bool IsUpdatedBy(Report report) => report.System is { } system
        && (IsOther(system.Firmware, Firmware) || IsOther(system.App, App) || IsOther(system.Patch, Patch));

    private static bool IsOther(string? told, string? known) => told is not null && known is not null && Cut(told) != known;

    public void Note(Report report)
    {
        _receivedAtMs = report.ReceivedAtMs;
        if (report.Printer?.State is { } state) _printerState = (byte)(state + 1);
        if (report.Power?.Battery is { } battery) _battery = new(battery);
        _volts = (float)(report.Power?.Volts ?? _volts);
        if (report.Power?.Source is { } source) _powerSource = (byte)(source + 1);
        if (report.Signal is { } signal)
            (_link, _rat, _rssiDbm, _rsrpDbm, _snrDb) = ((byte)(signal.Link + 1 ?? 0), (byte)(signal.Rat + 1 ?? 0), new(signal.RssiDbm), new(signal.RsrpDbm), new(signal.SnrDb));
        if (report.System is { } system)
            _versions = Versions.Shared(_versions, Cut(system.Firmware) ?? Firmware, Cut(system.App) ?? App, Cut(system.Patch) ?? Patch);
    }

    /// <summary>The last signal section's radio readings.</summary>
    public readonly Signal Signal => new() { Link = Link, Rat = Rat, RssiDbm = _rssiDbm.Value, RsrpDbm = _rsrpDbm.Value, SnrDb = _snrDb.Value };

    public readonly TerminalView Onto(TerminalView view) => view with
    {
        LastReceivedAtMs = _receivedAtMs,
        PrinterState = PrinterState is { } state ? Words.Text(state) : null,
        Battery = _battery.Value,
        RsrpDbm = _rsrpDbm.Value,
        Firmware = Firmware,
        App = App,
    };

    private static string? Cut(string? version)
    {
        if (version is null || version.Length * MostBytesOfCharacter <= LongestVersion) return version;
        var (length, bytes) = (0, 0);
        foreach (var rune in version.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > LongestVersion) return version[..length];
            length += rune.Utf16SequenceLength;
        }
        return version;
    }

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _receivedAtMs);
        var (printerState, link, rat, powerSource) = (PrinterState, Link, Rat, PowerSource);
        codec.Field(ref printerState);
        Figure.Codec(ref codec, ref _battery);
        codec.Field(ref link);
        codec.Field(ref rat);
        Figure.Codec(ref codec, ref _rssiDbm);
        Figure.Codec(ref codec, ref _rsrpDbm);
        Figure.Codec(ref codec, ref _snrDb);
        var (firmware, app, patch) = (Firmware, App, Patch);
        codec.Field(ref firmware);
        codec.Field(ref app);
        codec.Field(ref _volts);
        codec.Field(ref powerSource);
        codec.Field(ref patch);
        _versions = Versions.Shared(_versions, firmware, app, patch);
        (_printerState, _link, _rat, _powerSource) = ((byte)(printerState + 1 ?? 0), (byte)(link + 1 ?? 0), (byte)(rat + 1 ?? 0), (byte)(powerSource + 1 ?? 0));
    }
}
