using System.ComponentModel.DataAnnotations;

namespace Fleet.Ingest.Bridge;

/// <summary>Settings <c>Bridge:*</c>: other brokers whose terminals report here.</summary>
public sealed class BridgeOptions : IValidatableObject
{
    /// <summary>The brokers, all bridged at once; none by default.</summary>
    public IList<BrokerOptions> Brokers { get; set; } = [];

    /// <summary>The wait after the first failed connect; it doubles up to <see cref="RetryLongest"/>, each with jitter.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan RetryFirst { get; set; } = TimeSpan.FromSeconds(0.5);

    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan RetryLongest { get; set; } = TimeSpan.FromSeconds(30);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (RetryFirst > RetryLongest) yield return new($"Bridge:RetryFirst is {RetryFirst}, more than Bridge:RetryLongest, which is {RetryLongest}");
        var seen = new Dictionary<(string, int, string), int>();
        for (var i = 0; i < Brokers.Count; i++)
        {
            var (broker, section) = (Brokers[i], $"Bridge:Brokers:{i}");
            foreach (var failure in new RangeRules<BrokerOptions>(section).Validate(null, broker).Failures ?? []) yield return new(failure);
            foreach (var wrong in broker.Wrong()) yield return new($"{section}:{wrong}");
            if (!seen.TryAdd((broker.Host, broker.Port, broker.ClientId), i))
                yield return new($"{section} is the same session as Bridge:Brokers:{seen[(broker.Host, broker.Port, broker.ClientId)]}: give it another ClientId");
        }
    }
}

/// <summary>Settings <c>Bridge:Brokers:N:*</c>: one broker.</summary>
public sealed class BrokerOptions
{
    /// <summary>Name or IP address; the one its certificate must be for, where <see cref="Tls"/> is on.</summary>
    public string Host { get; set; } = "";

    [Range(1, 65535)]
    public int Port { get; set; } = 1883;

    /// <summary>MQTT <c>5.0</c> or <c>3.1.1</c>.</summary>
    public string Version { get; set; } = "5.0";

    public bool Tls { get; set; }

    /// <summary>PEM file with the CAs that the broker's certificate may be from; without one, the machine's own.</summary>
    public string? CaCertificate { get; set; }

    /// <summary>PEM file with our certificate and its chain, for brokers that ask for one.</summary>
    public string? ClientCertificate { get; set; }

    /// <summary>PEM file with its key.</summary>
    public string? ClientKey { get; set; }

    public string? UserName { get; set; }

    public string? Password { get; set; }

    /// <summary>The session's client identifier is this, a dash and <c>Cluster:Node</c>: each node has a session of its own.</summary>
    public string ClientId { get; set; } = "fleet";

    /// <summary>The group of a shared subscription, so that each message goes to one node (MQTT 5, 4.8.2); none for a node that is alone.</summary>
    public string? ShareGroup { get; set; }

    /// <summary>Topic filters, several by blank.</summary>
    public string Topics { get; set; } = "fleet/v1/+/+";

    /// <summary>How many messages may be on their way to the disk (Receive Maximum, MQTT 5, 3.1.2.11.3); past it the connection is not read.</summary>
    [Range(1, 65535)]
    public int ReceiveMaximum { get; set; } = 1024;

    /// <summary>Longer without a word from the broker, by half, and the connection is given up.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "18:12:15")]
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the broker keeps our session, and what waits in it, while we are away (MQTT 5; at 3.1.1 the broker decides).</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan SessionExpiry { get; set; } = TimeSpan.FromDays(7);

    internal bool IsV5 => Version == "5.0";

    /// <summary>How the broker is called in logs, metrics and health.</summary>
    internal string Name => $"{Host}:{Port}";

    /// <summary>The filters as they are subscribed to.</summary>
    internal IEnumerable<string> Filters =>
        Topics.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(topic => string.IsNullOrEmpty(ShareGroup) ? topic : $"$share/{ShareGroup}/{topic}");

    internal IEnumerable<string> Wrong()
    {
        if (string.IsNullOrWhiteSpace(Host)) yield return "Host is empty";
        if (Version is not ("5.0" or "3.1.1")) yield return $"Version is '{Version}'; it must be 5.0 or 3.1.1";
        if (string.IsNullOrWhiteSpace(ClientId)) yield return "ClientId is empty";
        if (!Filters.Any()) yield return "Topics is empty";
        if (ShareGroup is { } group && group.AsSpan().ContainsAny("/+# ")) yield return $"ShareGroup is '{group}'; /, +, # and blanks may not be in it";
        if (Topics.Contains("$share", StringComparison.Ordinal)) yield return $"Topics is '{Topics}'; the group of a shared subscription is named by ShareGroup";
        if (ClientKey is null != ClientCertificate is null) yield return $"ClientCertificate is '{ClientCertificate}' while ClientKey is '{ClientKey}': one needs the other";
        if (Password is not null && UserName is null) yield return "Password is given while UserName is empty";
        foreach (var (name, file) in new[] { (nameof(CaCertificate), CaCertificate), (nameof(ClientCertificate), ClientCertificate), (nameof(ClientKey), ClientKey) })
        {
            if (file is null) continue;
            if (!Tls) yield return $"{name} is '{file}' while Tls is false";
            else if (!File.Exists(file)) yield return $"{name} is '{file}', which is not there";
        }
    }
}
