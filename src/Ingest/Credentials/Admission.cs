using System.Data.Common;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fleet.Ingest.Mqtt;
using Microsoft.Extensions.Logging;
using MQTTnet.Protocol;

namespace Fleet.Ingest.Credentials;

/// <summary>Who asks to come in: what a CONNECT and its connection say.</summary>
internal sealed record Visitor(string ClientId, string? UserName, byte[] Password, IPAddress? Address, X509Certificate2? Certificate);

/// <summary>The answer to a CONNECT.</summary>
/// <param name="Access">What the session may do; null where it may not begin.</param>
/// <param name="Refusal">The refusal's name in <c>fleet.ingest.connects_refused</c>.</param>
internal readonly record struct Verdict(Access? Access, MqttConnectReasonCode Reason = MqttConnectReasonCode.Success, string Refusal = "");

/// <summary>Who may come in, and how fast it may talk.</summary>
internal sealed partial class Admission(
    MqttOptions options, Tls tls, Standings standings, BlockedAttempts attempts, Turnstile turnstile, WrongPasswords wrong, Bursts bursts,
    TimeProvider time, ILogger<Admission> logger)
{
    /// <summary>More wrong passwords lately than that are no terminal with an old one.</summary>
    private const int Attacked = 10;

    private readonly Lock _endsLock = new();
    private readonly SortedSet<(long AtMs, string Name)> _ends = [];

    /// <summary>Sessions whose right has ended, to be closed at once.</summary>
    public event Action<Predicate<Access>>? Revoked;

    /// <summary>Lets a connection of an address begin, within the limits of both; then <see cref="Leave"/> must follow when it is over.</summary>
    public bool TryEnter(IPAddress address)
    {
        var site = Addresses.Site(address);
        if (turnstile.Enter(site) is not { } refusal) return true;
        IngestMetrics.ConnectRefused(refusal);
        if (refusal == Turnstile.Full)
        {
            if (bursts.Note("node", refusal) is > 0 and var full) LogFull(options.MaxConnections, full);
        }
        else if (bursts.Note(site, refusal) is > 0 and var count) LogRefused(site, refusal, "-", count);
        return false;
    }

    public void Leave(IPAddress address) => turnstile.Leave(Addresses.Site(address));

    /// <summary>
    /// Judges a CONNECT. A refusal is logged here, once a burst; counting it is the caller's. The answer to a wrong
    /// password is held back until it may be given, or <paramref name="stop"/> comes.
    /// </summary>
    public async Task<Verdict> JudgeAsync(Visitor visitor, CancellationToken stop)
    {
        Verdict verdict;
        try
        {
            verdict = await JudgeByStandingAsync(visitor, stop);
            if (verdict.Access?.Name is { } name && visitor.ClientId != name && await IsTerminalAsync(visitor.ClientId, stop))
                verdict = new(null, MqttConnectReasonCode.ClientIdentifierNotValid, "foreign-client-identifier");
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { verdict = new(null, MqttConnectReasonCode.ServerUnavailable, "stopping"); }
        catch (DbException e)
        {
            if (bursts.Note("store", "away") is > 0 and var failed) LogStoreAway(e.Message, failed);
            verdict = new(null, MqttConnectReasonCode.ServerUnavailable, "store-away");
        }
        if (verdict.Access is null) NoteRefused(visitor.Address, visitor.UserName, verdict.Refusal);
        return verdict;
    }

    /// <summary>Logs a refused CONNECT, once a burst of its address.</summary>
    public void NoteRefused(IPAddress? address, string? userName, string refusal)
    {
        var site = SiteOf(address);
        if (bursts.Note(site, refusal) is > 0 and var count) LogRefused(site, refusal, Shown(userName), count);
    }

    /// <summary>The limit of messages that a session has; null for none.</summary>
    public TokenBucket? RateOf(Access access) =>
        access.Serial is { } serial ? turnstile.RateOf(serial, access.Address) : access.Name is null ? null : turnstile.RateOfTool(access.Address);

    /// <summary>Closes the sessions that it names.</summary>
    internal void Close(Predicate<Access> which) => Revoked?.Invoke(which);

    /// <summary>What a name came with ends at that time (Unix ms): then it is looked at again.</summary>
    internal void Remember(string name, long? endsAtMs)
    {
        if (endsAtMs is { } atMs) lock (_endsLock) _ends.Add((atMs, name));
    }

    /// <summary>The names of which something has ended since it was last asked.</summary>
    internal IReadOnlyCollection<string> Ended()
    {
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        var names = new List<string>();
        lock (_endsLock)
        {
            while (_ends.Count > 0 && _ends.Min is var first && first.AtMs <= nowMs)
            {
                names.Add(first.Name);
                _ends.Remove(first);
            }
        }
        return names;
    }

    private async Task<Verdict> JudgeByStandingAsync(Visitor visitor, CancellationToken stop)
    {
        var isLocal = visitor.Address is { } address && IPAddress.IsLoopback(address);
        var anonymous = options.AllowAnonymous && isLocal ? Access.Anonymous : null;
        var shown = visitor.Certificate is { } certificate ? tls.Identify(certificate, SiteOf(visitor.Address)) : null;
        if (visitor.Certificate is not null && shown is null) return new(null, MqttConnectReasonCode.NotAuthorized, "certificate");

        var name = string.IsNullOrEmpty(visitor.UserName) ? shown?.Serial : visitor.UserName;
        if (name is null) return anonymous is null ? new(null, MqttConnectReasonCode.NotAuthorized, "not-authorized") : new(anonymous);
        var isToken = name.StartsWith(TokenStore.Prefix, StringComparison.Ordinal);
        var ownName = isToken ? name[TokenStore.Prefix.Length..] : name;
        if (shown is not null && shown.Serial != ownName) return new(null, MqttConnectReasonCode.NotAuthorized, "foreign-certificate");
        if (!IsSerial(ownName)) return anonymous is null ? await WrongAsync(visitor, "", stop) : new(anonymous);
        if (shown is null && options.Tls.ClientCertificate == ClientCertificates.Required && !isLocal) return new(null, MqttConnectReasonCode.NotAuthorized, "certificate");

        var (generation, now) = (standings.Generation, time.GetUtcNow());
        var standing = await standings.OfAsync(name, stop);
        var secret = standing.Find(visitor.Password, now);
        // A certificate is enough for a terminal; a password that comes with it must be right all the same.
        var isEnough = shown is not null && !isToken && visitor.Password.Length == 0;
        if (!standing.IsUnknown && ((secret is null && !isEnough) || standing.Block is not null)) // of the unknown nothing is in memory: it was read just now
        {
            generation = standings.Generation;
            standing = await standings.OfAsync(name, stop, toRefuse: true);
            secret = standing.Find(visitor.Password, now);
        }
        var isProved = secret is not null || isEnough;
        if (standing.Block is { } block && (isProved || standing.Secrets.IsEmpty))
        {
            await attempts.TellAsync(block, visitor.Address, isProved, stop);
            return new(null, MqttConnectReasonCode.Banned, "blocked");
        }
        if (!isProved) return standing.Secrets.IsEmpty && anonymous is not null && shown is null ? new(anonymous) : await WrongAsync(visitor, name, stop);
        // Only who has proved who he is uses the terminal's own allowance up.
        if (!turnstile.TryConnect(name)) return new(null, MqttConnectReasonCode.ServerBusy, "too-many-connects");
        Remember(name, secret?.EndsAtMs);
        Remember(name, shown?.Ends.ToUnixTimeMilliseconds());
        var access = standing.Grant is { } grant ? new Access(name, grant) : new Access(name);
        return new(access with { Credential = secret?.Id, Certificate = shown, Address = visitor.Address is null ? null : SiteOf(visitor.Address), Generation = generation });
    }

    private async Task<Verdict> WrongAsync(Visitor visitor, string name, CancellationToken stop)
    {
        if (wrong.IsHeld(SiteOf(visitor.Address), name)) return new(null, MqttConnectReasonCode.ServerBusy, "too-many-attempts");
        var lately = await wrong.HoldAsync(SiteOf(visitor.Address), name, stop);
        if (lately > Attacked && name.Length > 0 && bursts.Note("attacked", name) is > 0 and var count) LogAttacked(Shown(name), SiteOf(visitor.Address), count);
        return new(null, MqttConnectReasonCode.BadUserNameOrPassword, "bad-password");
    }

    /// <summary>Whether a client identifier is the name of a terminal, and so nobody else's.</summary>
    private async Task<bool> IsTerminalAsync(string clientId, CancellationToken stop) => IsSerial(clientId) && (await standings.OfAsync(clientId, stop)).IsTerminal;

    /// <summary>Serials and tokens' names have one form; whatever else strangers send is neither looked up nor kept.</summary>
    private static bool IsSerial(string name) => name.Length <= Journal.Entry.MaxSerialBytes && Topic.IsSerial(Encoding.UTF8.GetBytes(name));

    /// <summary>Whom limits count; whoever has no address is nobody in particular.</summary>
    private static IPAddress SiteOf(IPAddress? address) => address is null ? IPAddress.None : Addresses.Site(address);

    /// <summary>A user name as the log may have it.</summary>
    internal static string Shown(string? userName)
    {
        if (string.IsNullOrEmpty(userName)) return "-";
        var name = userName.StartsWith(TokenStore.Prefix, StringComparison.Ordinal) ? userName[TokenStore.Prefix.Length..] : userName;
        return IsSerial(name) ? userName : "(no serial)";
    }

    [LoggerMessage(1610, LogLevel.Information, "CONNECT of {Address} as {Name} refused: {Reason}; {Count} of this address by now")]
    private partial void LogRefused(IPAddress address, string reason, string name, long count);

    [LoggerMessage(1801, LogLevel.Warning, "A connection is refused: Mqtt:MaxConnections ({Limit}) is reached; {Count} by now")]
    private partial void LogFull(int limit, long count);

    [LoggerMessage(1611, LogLevel.Error, "CONNECTs cannot be judged, the store is away: {Message}; {Count} by now")]
    private partial void LogStoreAway(string message, long count);

    [LoggerMessage(1612, LogLevel.Warning, "{Name} is tried with many wrong passwords, now from {Address}; {Count} by now")]
    private partial void LogAttacked(string name, IPAddress address, long count);
}
