using System.Runtime.InteropServices;
using Fleet.Grains.Reports;

namespace Fleet.Grains.Neighbours;

/// <summary>What a terminal runs, which cell it is in and what it does without, by its own word.</summary>
/// <param name="App">Null where it never said.</param>
/// <param name="AppSinceMs">When it changed to that, Unix ms; 0 where it has said nothing else yet, which is no rollout.</param>
/// <param name="Cell">The radio cell it lives in; null where it has none, or sends over cable or Wi-Fi.</param>
/// <param name="MainsLostAtMs">When mains went that it stands on, and have not come back; 0 for never.</param>
public readonly record struct Said(string Serial, string? App = null, long AppSinceMs = 0, string? Firmware = null, long FirmwareSinceMs = 0, string? Cell = null,
    Without Without = Without.Nothing, long MainsLostAtMs = 0);

/// <summary>
/// What every terminal of the register last said of its app, firmware and cell, so that groups of those know how many
/// belong to them, and whether it is on mains and cable. Of each terminal an entry of 72 bytes beside its serial: what
/// many have in common is there once. It grows with the register and not with what is sent: a terminal counts in one
/// group of a kind, and a group nobody is in is forgotten. Safe for concurrent use; it has no clock.
/// </summary>
public sealed class Census
{
    public const string OfCell = "cell:", OfApp = "cohort:app:", OfFirmware = "cohort:firmware:";

    /// <summary>A terminal between two cells stays in one until it has not named that for so long: on the border it would change with every report.</summary>
    private const uint CellHoldsSeconds = 3_600;

    /// <summary>A version changes no sooner than this after it changed; later reports say it again.</summary>
    private const uint VersionHoldsSeconds = 600;

    /// <summary>A terminal that is taken off its cradle for every payment does without mains all day.</summary>
    private const uint WithoutHoldsSeconds = 3_600;

    /// <summary>No version and no cell is longer, in characters; what is longer was invented, and belongs nowhere.</summary>
    private const int LongestName = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];
    private readonly Dictionary<string, Kin> _kin = [];
    private readonly HashSet<string> _changed = [];
    private int _versions;

    /// <summary>All that say the same.</summary>
    private sealed class Kin(string name, string subject)
    {
        public string Name => name;
        public string Subject => subject;
        public int Count { get; set; }
    }

    private struct Entry
    {
        public Kin? App, Firmware, Cell;
        public uint AppAt, FirmwareAt, CellHeardAt;

        /// <summary>When it last said that it does without; 0 where it has had that again for long.</summary>
        public uint OnBatteryAt, OffCableAt;
        public uint MainsLostAt;

        public readonly Without Without => (OnBatteryAt != 0 ? Without.Mains : 0) | (OffCableAt != 0 ? Without.Cable : 0);
    }

    /// <summary>How many terminals are counted.</summary>
    public int Count { get { lock (_lock) return _entries.Count; } }

    /// <summary>Takes in what a report says; the caller leaves late reports and terminals outside the register out.</summary>
    /// <param name="standsOnMains">Whether it hardly ever does without (<see cref="Faults.AdapterLimits.StandsOnMainsShare"/>), so that the loss of mains says something.</param>
    /// <returns>Whether that is anything new.</returns>
    public bool Hear(Report report, bool standsOnMains = false)
    {
        var (app, firmware) = (report.System?.App, report.System?.Firmware);
        var hasCell = CellOf(report.Signal, out var cell);
        var (isOnBattery, isOffCable) = (IsOnBattery(report.Power), IsOffCable(report.Signal));
        if (app is null && firmware is null && !hasCell && isOnBattery is null && isOffCable is null) return false;
        var atSeconds = (uint)(report.ReceivedAtMs / 1000);
        lock (_lock)
        {
            ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, report.Serial, out _);
            var isChanged = app is not null && Update(ref entry.App, ref entry.AppAt, OfApp, app, atSeconds);
            isChanged |= firmware is not null && Update(ref entry.Firmware, ref entry.FirmwareAt, OfFirmware, firmware, atSeconds);
            isChanged |= hasCell && Camp(ref entry, cell, atSeconds);
            isChanged |= isOnBattery is { } lost && Lose(ref entry.MainsLostAt, lost, standsOnMains && entry.OnBatteryAt == 0, atSeconds);
            isChanged |= isOnBattery is { } battery && Note(ref entry.OnBatteryAt, battery, atSeconds);
            isChanged |= isOffCable is { } off && Note(ref entry.OffCableAt, off, atSeconds);
            if (isChanged) _changed.Add(report.Serial);
            return isChanged;
        }
    }

    /// <summary>What a terminal said; nothing but its serial where it is not known.</summary>
    public Said Find(string serial)
    {
        lock (_lock) return Of(serial, _entries.GetValueOrDefault(serial));
    }

    /// <summary>Those of these terminals that do without something; and since when, where mains went that they stand on, Unix ms, else 0.</summary>
    public IReadOnlyDictionary<string, long> Lacking(IEnumerable<string> serials, Without what)
    {
        var lacking = new Dictionary<string, long>();
        lock (_lock)
            foreach (var serial in serials)
                if (_entries.TryGetValue(serial, out var entry) && entry.Without.HasFlag(what)) lacking[serial] = what == Without.Mains ? entry.MainsLostAt * 1000L : 0;
        return lacking;
    }

    /// <summary>How many terminals are in a group of a cell, an app or a firmware.</summary>
    public int CountOf(string subject)
    {
        lock (_lock) return _kin.GetValueOrDefault(subject)?.Count ?? 0;
    }

    /// <summary>How many apps and firmwares there are.</summary>
    public int Versions { get { lock (_lock) return _versions; } }

    /// <summary>
    /// For how long a version was run and others were, since <paramref name="fromMs"/>, and for how long its terminals ran
    /// others before. It looks at every terminal: milliseconds, of a million some tens.
    /// </summary>
    /// <param name="silent">Terminals that were not heard in that time, and could show nothing.</param>
    internal VersionHours HoursOf(GroupKind kind, string subject, long fromMs, long nowMs, CohortLimits limits, IEnumerable<string> silent)
    {
        var hours = default(VersionHours);
        lock (_lock)
        {
            foreach (var (_, entry) in _entries) Add(entry, 1);
            foreach (var serial in silent)
                if (_entries.TryGetValue(serial, out var entry)) Add(entry, -1);
        }
        return hours;

        void Add(in Entry entry, int times)
        {
            var (kin, sinceMs) = kind == GroupKind.App ? (entry.App, entry.AppAt * 1000L) : (entry.Firmware, entry.FirmwareAt * 1000L);
            if (kin is null) return;
            if (kin.Subject != subject) hours.Others += times * Hours(nowMs - fromMs);
            else if (sinceMs >= nowMs - limits.RolloutMs)
            {
                hours.Members += times;
                hours.Joined += times * Hours(nowMs - Math.Max(sinceMs, fromMs));
                hours.Before += times * Hours(sinceMs - (nowMs - 2 * limits.WindowMs));
            }
        }

        static double Hours(long ms) => Math.Max(0, ms) / 3_600_000d;
    }

    /// <summary>As another process or an earlier one stored it; what changed here since is kept.</summary>
    public void Put(Said said, long nowMs)
    {
        lock (_lock)
        {
            if (_changed.Contains(said.Serial)) return;
            ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, said.Serial, out _);
            Move(ref entry.App, OfApp, said.App);
            Move(ref entry.Firmware, OfFirmware, said.Firmware);
            Move(ref entry.Cell, OfCell, said.Cell);
            (entry.AppAt, entry.FirmwareAt, entry.CellHeardAt) = ((uint)(said.AppSinceMs / 1000), (uint)(said.FirmwareSinceMs / 1000), (uint)(nowMs / 1000));
            entry.OnBatteryAt = said.Without.HasFlag(Without.Mains) ? (uint)(nowMs / 1000) : 0;
            entry.OffCableAt = said.Without.HasFlag(Without.Cable) ? (uint)(nowMs / 1000) : 0;
            entry.MainsLostAt = (uint)(said.MainsLostAtMs / 1000);
        }
    }

    /// <summary>Some of what has changed since it was last taken, to be stored.</summary>
    public IReadOnlyList<Said> TakeChanged(int most)
    {
        lock (_lock)
        {
            if (_changed.Count == 0) return [];
            Said[] taken = [.. _changed.Take(most).Select(serial => Of(serial, _entries[serial]))];
            foreach (var said in taken) _changed.Remove(said.Serial);
            if (_changed.Count == 0) _changed.TrimExcess(); // at the first start it held all there are
            return taken;
        }
    }

    /// <summary>What was taken could not be stored, and will be taken again.</summary>
    public void GiveBack(IReadOnlyList<Said> taken)
    {
        lock (_lock)
            foreach (var said in taken) _changed.Add(said.Serial);
    }

    private static Said Of(string serial, in Entry entry) =>
        new(serial, entry.App?.Name, entry.AppAt * 1000L, entry.Firmware?.Name, entry.FirmwareAt * 1000L, entry.Cell?.Name, entry.Without, entry.MainsLostAt * 1000L);

    /// <summary>False where the report does not say; a terminal on cable or Wi-Fi says that it has none.</summary>
    private static bool CellOf(Signal? signal, out string? cell)
    {
        cell = signal?.Link is Link.Wifi or Link.Wired ? null : signal?.Cell;
        return cell is not null || signal?.Link is Link.Wifi or Link.Wired;
    }

    private static bool? IsOnBattery(Power? power) => power?.Source switch { PowerSource.Battery => true, PowerSource.Mains => false, _ => null };

    private static bool? IsOffCable(Signal? signal) => signal?.Link switch { Link.Wired => false, null or Link.Unknown => null, _ => true };

    /// <summary>At once where it does without something, and an hour later where it has that again.</summary>
    private static bool Note(ref uint atSeconds, bool isWithout, uint nowSeconds)
    {
        var was = atSeconds != 0;
        if (isWithout) atSeconds = Math.Max(atSeconds, nowSeconds);
        else if (nowSeconds >= atSeconds + WithoutHoldsSeconds) atSeconds = 0;
        return was != (atSeconds != 0);
    }

    /// <summary>Mains that come and go are an adapter's: only those count that were there for an hour.</summary>
    private static bool Lose(ref uint lostSeconds, bool isLost, bool counts, uint nowSeconds)
    {
        var was = lostSeconds;
        if (!isLost) lostSeconds = 0;
        else if (counts) lostSeconds = nowSeconds;
        return was != lostSeconds;
    }

    /// <summary>Of the past, as in a replayed journal, it hears nothing new.</summary>
    private bool Update(ref Kin? kin, ref uint sinceSeconds, string kind, string said, uint atSeconds)
    {
        if (said == kin?.Name || said.Length is 0 or > LongestName || atSeconds < sinceSeconds + VersionHoldsSeconds) return false;
        if (kin is not null) sinceSeconds = atSeconds;
        Move(ref kin, kind, said);
        return true;
    }

    private bool Camp(ref Entry entry, string? cell, uint atSeconds)
    {
        var isSame = cell == entry.Cell?.Name;
        if (!isSame && entry.CellHeardAt != 0 && atSeconds < entry.CellHeardAt + CellHoldsSeconds) return false;
        if (cell?.Length is 0 or > LongestName) return false;
        entry.CellHeardAt = Math.Max(entry.CellHeardAt, atSeconds);
        if (!isSame) Move(ref entry.Cell, OfCell, cell);
        return !isSame;
    }

    private void Move(ref Kin? from, string kind, string? to)
    {
        if (from?.Name == to) return;
        if (from is not null && --from.Count == 0 && _kin.Remove(from.Subject) && kind != OfCell) _versions--;
        if (to is null)
        {
            from = null;
            return;
        }
        var subject = kind + to;
        if (!_kin.TryGetValue(subject, out var kin))
        {
            _kin[subject] = kin = new(to, subject);
            if (kind != OfCell) _versions++;
        }
        kin.Count++;
        from = kin;
    }
}

/// <summary>For how long terminals ran a version, in hours of all of them together.</summary>
/// <param name="Members">How many changed to it not long ago.</param>
/// <param name="Joined">Those, since they did.</param>
/// <param name="Others">Terminals of other versions meanwhile.</param>
/// <param name="Before">The members, before they changed.</param>
internal record struct VersionHours(int Members, double Joined, double Others, double Before);
