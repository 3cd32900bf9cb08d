using System.Globalization;
using Fleet.Store;

namespace Fleet.Ingest.Journal;

/// <summary>
/// How far a SQLite journal had come, in a file of its own beside it. SQLite takes a write-ahead log whose header or
/// middle the disk has damaged for one that ends there, without a word: the note is what tells.
/// </summary>
internal sealed class JournalNote(Database database, string node)
{
    private readonly string? _path = database.File is { } file ? $"{file}.position" : null;
    private long _written;

    /// <summary>A position that is known to have been committed; 0 where there is no note, or it is another node's.</summary>
    public long Read() =>
        _path is not null && File.Exists(_path) && File.ReadAllText(_path).Split(' ') is [var position, var of] && of == node
        && long.TryParse(position, CultureInfo.InvariantCulture, out var noted) ? noted : 0;

    public void Write(long position)
    {
        if (_path is null || position == _written) return;
        File.WriteAllText(_path, string.Create(CultureInfo.InvariantCulture, $"{position} {node}"));
        _written = position;
    }
}
