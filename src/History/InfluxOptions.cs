using Microsoft.Extensions.Options;

namespace Fleet.History;

public enum InfluxApi : byte
{
    /// <summary>No history at all.</summary>
    None,
    /// <summary>Every line is made and thrown away: for benchmarks that must pay for the whole way.</summary>
    Null,
    /// <summary><c>POST /write?db=</c>, for every InfluxDB since 1.x.</summary>
    V1,
    /// <summary><c>POST /api/v2/write?org=&amp;bucket=</c>, for InfluxDB 1.8, 2.x, 3.x and VictoriaMetrics.</summary>
    V2,
}

/// <summary>The settings <c>Influx:*</c>.</summary>
public sealed class InfluxOptions
{
    public const string Section = "Influx";

    public Uri Url { get; set; } = new("http://127.0.0.1:8086");
    public InfluxApi Api { get; set; } = InfluxApi.V1;

    /// <summary>v1: where to write.</summary>
    public string Database { get; set; } = "fleet";

    /// <summary>v1: create the database where it is missing.</summary>
    public bool CreateDatabase { get; set; } = true;

    /// <summary>v2: where to write.</summary>
    public string Bucket { get; set; } = "fleet";
    public string Org { get; set; } = "";

    /// <summary>v1: the user; empty for a server without accounts.</summary>
    public string User { get; set; } = "";

    /// <summary>v1: the user's password. v2: the API token.</summary>
    public string Token { get; set; } = "";

    /// <summary>Compress what is sent: for a database far away; on one machine it costs more than it saves.</summary>
    public bool Gzip { get; set; }

    /// <summary>The ceiling of lines in memory; past it the journal's reader waits.</summary>
    public long QueueBytes { get; set; } = 64 * 1024 * 1024;
    public int BatchBytes { get; set; } = 1024 * 1024;
    public int BatchLines { get; set; } = 5000;

    /// <summary>How long the first line of a batch waits for company.</summary>
    public TimeSpan Linger { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Writes in flight at once.</summary>
    public int Writers { get; set; } = 2;

    /// <summary>How long one write may take.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The wait after the first failure; doubles up to <see cref="RetryLongest"/>.</summary>
    public TimeSpan RetryFirst { get; set; } = TimeSpan.FromSeconds(0.5);
    public TimeSpan RetryLongest { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stop tries to send what is queued.</summary>
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often the pipeline's own figures are written (measurement <c>fleet</c>).</summary>
    public TimeSpan FiguresEvery { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The tag <c>node</c> of those figures; empty means the machine's name.</summary>
    public string Node { get; set; } = "";

    internal string Target => Api switch
    {
        InfluxApi.None => "no history (Influx:Api=none)",
        InfluxApi.Null => "nowhere (Influx:Api=null)",
        InfluxApi.V1 => $"{Url.GetLeftPart(UriPartial.Path)} database {Database}",
        _ => $"{Url.GetLeftPart(UriPartial.Path)} bucket {Bucket}",
    };
}

internal sealed class InfluxOptionsCheck : IValidateOptions<InfluxOptions>
{
    public ValidateOptionsResult Validate(string? name, InfluxOptions options)
    {
        var errors = Errors(options).ToArray();
        return errors.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> Errors(InfluxOptions o)
    {
        if (!o.Url.IsAbsoluteUri || o.Url.Scheme is not ("http" or "https"))
            yield return $"Influx:Url is '{o.Url}': it must be an absolute http or https address.";
        if (!string.IsNullOrEmpty(o.Url.IsAbsoluteUri ? o.Url.Query : "") || (o.Url.IsAbsoluteUri && o.Url.UserInfo.Length > 0))
            yield return "Influx:Url has a query or a user in it: use Influx:Database, Influx:Bucket, Influx:User and Influx:Token.";
        if (o.Api == InfluxApi.V1 && o.Database.Length == 0) yield return "Influx:Database is empty: Influx:Api=v1 needs one.";
        if (o.Api == InfluxApi.V2 && o.Bucket.Length == 0) yield return "Influx:Bucket is empty: Influx:Api=v2 needs one.";
        if (o.Api == InfluxApi.V1 && o.User.Length == 0 && o.Token.Length > 0)
            yield return "Influx:Token is set and Influx:User is empty: with Influx:Api=v1 the token is that user's password.";

        if (o.BatchBytes is < 16 * 1024 or > 16 * 1024 * 1024) yield return Outside(nameof(o.BatchBytes), o.BatchBytes, "16384", "16777216");
        if (o.BatchLines is < 1 or > 100_000) yield return Outside(nameof(o.BatchLines), o.BatchLines, "1", "100000");
        if (o.Writers is < 1 or > 16) yield return Outside(nameof(o.Writers), o.Writers, "1", "16");
        if (o.QueueBytes < o.BatchBytes)
            yield return $"Influx:QueueBytes is {o.QueueBytes}: it must hold at least one batch, Influx:BatchBytes is {o.BatchBytes}.";
        if (o.QueueBytes > 16L << 30) yield return Outside(nameof(o.QueueBytes), o.QueueBytes, "Influx:BatchBytes", (16L << 30).ToString());

        if (OutOf(o.Linger, 0, 60)) yield return Outside(nameof(o.Linger), o.Linger, "0", "60 s");
        if (OutOf(o.Timeout, 0.1, 600)) yield return Outside(nameof(o.Timeout), o.Timeout, "0.1 s", "600 s");
        if (OutOf(o.RetryFirst, 0.01, 60)) yield return Outside(nameof(o.RetryFirst), o.RetryFirst, "0.01 s", "60 s");
        if (OutOf(o.RetryLongest, 0.01, 3600)) yield return Outside(nameof(o.RetryLongest), o.RetryLongest, "0.01 s", "3600 s");
        if (o.RetryFirst > o.RetryLongest)
            yield return $"Influx:RetryFirst is {o.RetryFirst} and Influx:RetryLongest is {o.RetryLongest}: the first wait must not be the longer one.";
        if (OutOf(o.StopTimeout, 0, 600)) yield return Outside(nameof(o.StopTimeout), o.StopTimeout, "0", "600 s");
        if (OutOf(o.FiguresEvery, 1, 3600)) yield return Outside(nameof(o.FiguresEvery), o.FiguresEvery, "1 s", "3600 s");
    }

    private static bool OutOf(TimeSpan value, double fromSeconds, double toSeconds) =>
        value < TimeSpan.FromSeconds(fromSeconds) || value > TimeSpan.FromSeconds(toSeconds);

    private static string Outside(string setting, object value, string from, string to) =>
        $"Influx:{setting} is {value}: it must be from {from} to {to}.";
}
