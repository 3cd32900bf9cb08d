using Microsoft.Extensions.Logging;

namespace Fleet.History;

/// <summary>The room's log messages, 2000 to 2999.</summary>
internal static partial class HistoryLog
{
    [LoggerMessage(2000, LogLevel.Information, "History is written to {Target}")]
    public static partial void Started(ILogger log, string target);

    [LoggerMessage(2001, LogLevel.Warning, "The history waits: {Reason}; attempt {Failures}, next in {Wait}")]
    public static partial void Waits(ILogger log, string reason, int failures, TimeSpan wait);

    [LoggerMessage(2002, LogLevel.Error, "The history waits for an operator: {Reason}; attempt {Failures}, next in {Wait}")]
    public static partial void WaitsForOperator(ILogger log, string reason, int failures, TimeSpan wait);

    [LoggerMessage(2003, LogLevel.Information, "The history is written again after {Failures} failed attempts")]
    public static partial void WrittenAgain(ILogger log, int failures);

    [LoggerMessage(2004, LogLevel.Error, "The database refused {Points} points for good, {Refused} since start: {Reason}")]
    public static partial void Refused(ILogger log, int points, long refused, string reason);

    [LoggerMessage(2005, LogLevel.Warning, "Stopped with {Bytes} bytes of lines not accepted within {Deadline}: they stay in the journal")]
    public static partial void LeftBehind(ILogger log, long bytes, TimeSpan deadline);

    [LoggerMessage(2006, LogLevel.Information, "Database {Database} is there")]
    public static partial void DatabaseReady(ILogger log, string database);

    [LoggerMessage(2007, LogLevel.Error, "A write failed in a way nobody foresaw; it will be tried again")]
    public static partial void Unforeseen(ILogger log, Exception exception);

    [LoggerMessage(2008, LogLevel.Warning, "The figure {Name} could not be read")]
    public static partial void FigureFailed(ILogger log, string name, Exception exception);
}
