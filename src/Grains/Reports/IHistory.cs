namespace Fleet.Grains.Reports;

/// <summary>Where decoded reports go to become time series: one wall between the journal's reader and the time-series database.</summary>
public interface IHistory
{
    /// <summary>
    /// Takes the reports of one journal row, or none of them when there is no room (then the caller reads the row again later).
    /// </summary>
    /// <param name="accepted">Completes when the database has every point of them, or has refused it for good.</param>
    bool TryTake(IReadOnlyList<Report> reports, out Task accepted);

    /// <summary>Completes when there is room again.</summary>
    Task RoomAsync(CancellationToken stop);
}
