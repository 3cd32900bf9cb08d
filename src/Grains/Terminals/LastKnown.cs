using Fleet.Grains.Reports;

namespace Fleet.Grains.Terminals;

/// <summary>What people look up of a terminal: the last value of each reading that no detector keeps.</summary>
internal struct LastKnown
{
    /// <summary>No version is this long; what is longer is cut, to keep the state small.</summary>
    private const int LongestVersion = 64;

    private long _receivedAtMs;
    private PrinterState? _printerState;
    private double? _battery;
    private double? _rsrpDbm;
    private string? _firmware;
    private string? _app;

    public void Note(Report report)
    {
        _receivedAtMs = report.ReceivedAtMs;
        _printerState = report.Printer?.State ?? _printerState;
        _battery = report.Power?.Battery ?? _battery;
        _rsrpDbm = report.Signal?.RsrpDbm ?? _rsrpDbm;
        _firmware = Cut(report.System?.Firmware) ?? _firmware;
        _app = Cut(report.System?.App) ?? _app;
    }

    public readonly TerminalView Onto(TerminalView view) => view with
    {
        LastReceivedAtMs = _receivedAtMs,
        PrinterState = _printerState is { } state ? Words.Text(state) : null,
        Battery = _battery,
        RsrpDbm = _rsrpDbm,
        Firmware = _firmware,
        App = _app,
    };

    private static string? Cut(string? version) => version?.Length > LongestVersion
        ? version[..(char.IsHighSurrogate(version[LongestVersion - 1]) ? LongestVersion - 1 : LongestVersion)]
        : version;

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _receivedAtMs);
        codec.Field(ref _printerState);
        codec.Field(ref _battery);
        codec.Field(ref _rsrpDbm);
        codec.Field(ref _firmware);
        codec.Field(ref _app);
    }
}
