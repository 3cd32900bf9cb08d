using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Fleet.Alerts;

/// <summary>One page of a list.</summary>
/// <param name="Next">The cursor of the page after it; null on the last.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

internal static class Paging
{
    /// <summary>Makes a page of rows that were read one more than it holds: the one more says that there is a next page.</summary>
    public static Page<T> ToPage<TRow, T>(this IReadOnlyList<TRow> rows, int limit, Func<TRow, T> view, Func<TRow, Cursor> cursor) => new(
        [.. rows.Take(limit).Select(view)],
        rows.Count > limit ? cursor(rows[limit - 1]).ToString() : null);
}

/// <summary>Where a list that is sorted by time and id, newest first, goes on. Opaque to callers.</summary>
public readonly record struct Cursor(long AtMs, string Id)
{
    public override string ToString() =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{AtMs}:{Id}")));

    public static bool TryParse(string text, out Cursor cursor)
    {
        cursor = default;
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (!Base64Url.IsValid(text) || !Base64Url.TryDecodeFromChars(text, bytes, out var length)) return false;
        var parts = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        if (parts.Length != 2 || !long.TryParse(parts[0], CultureInfo.InvariantCulture, out var at)) return false;
        cursor = new(at, parts[1]);
        return true;
    }
}
