using System.Net;
using System.Text;

namespace Fleet.Bench.Servers;

/// <summary>
/// As much of InfluxDB 1.x as the server needs (<c>/query</c>, <c>/write</c>), which remembers every point of the measurement
/// <c>terminal</c>: the same series and time are one point, as in the database, and a repeated point must be the same.
/// </summary>
internal sealed class PointSink : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Dictionary<string, Dictionary<long, int>> _points = [];

    public PointSink()
    {
        Url = new Uri($"http://{Child.FreePort()}/");
        _listener.Prefixes.Add(Url.AbsoluteUri);
        _listener.Start();
        _ = ListenAsync();
    }

    public Uri Url { get; }

    /// <summary>Points that came again with other fields.</summary>
    public int Changed { get; private set; }

    /// <summary>Points that came again, the same.</summary>
    public long Repeated { get; private set; }

    public int PointsOf(string serial)
    {
        lock (_points) return _points.TryGetValue(serial, out var points) ? points.Count : 0;
    }

    public void Dispose() => _listener.Close();

    private async Task ListenAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var response = context.Response;
                using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
                var body = await reader.ReadToEndAsync();
                if (context.Request.Url?.AbsolutePath == "/write") Take(body);
                response.StatusCode = context.Request.Url?.AbsolutePath == "/write" ? 204 : 200;
                if (response.StatusCode == 200) await response.OutputStream.WriteAsync("{\"results\":[{}]}"u8.ToArray());
            }
            catch (Exception ended) when (ended is HttpListenerException or ObjectDisposedException or IOException)
            {
                // Closed by us, or the server was killed in the middle of a write: it sends it again.
            }
        }
    }

    /// <summary><c>terminal,carrier=…,serial=X field=1,… 1790000000123</c></summary>
    private void Take(string lines)
    {
        foreach (var line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!line.StartsWith("terminal,", StringComparison.Ordinal)) continue;
            var (tags, time) = (line.IndexOf(' ', StringComparison.Ordinal), line.LastIndexOf(' '));
            var serial = line[..tags].Split(',').First(tag => tag.StartsWith("serial=", StringComparison.Ordinal))["serial=".Length..];
            var at = long.Parse(line.AsSpan(time + 1), System.Globalization.CultureInfo.InvariantCulture);
            var fields = string.GetHashCode(line.AsSpan(tags, time - tags), StringComparison.Ordinal);
            lock (_points)
            {
                if (!_points.TryGetValue(serial, out var points)) _points[serial] = points = [];
                if (points.TryAdd(at, fields)) continue;
                if (points[at] == fields) Repeated++;
                else Changed++;
            }
        }
    }
}
