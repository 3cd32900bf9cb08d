using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Ingest.Credentials;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fleet.Ingest.Mqtt;

/// <summary>
/// TLS as its files are now: they are looked at every two seconds, and what is new in them holds for every handshake
/// from then on. Files that cannot be used leave what was read before, and an error that says so.
/// </summary>
internal sealed partial class Tls : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>Certificates whose chains need not be built again for their CONNECT.</summary>
    private const int MostInMemory = 100_000;

    private readonly TlsOptions _options;
    private readonly TimeProvider _time;
    private readonly Bursts _bursts;
    private readonly ILogger<Tls> _logger;
    private readonly ConcurrentDictionary<string, ClientIdentity> _identities = new();
    private volatile TlsFiles? _files;
    private byte[] _seen = [];
    private bool _changedBefore;

    /// <exception cref="InvalidDataException">TLS is on and one of its files cannot be used.</exception>
    public Tls(MqttOptions options, TimeProvider time, Bursts bursts, ILogger<Tls> logger)
    {
        (_options, _time, _bursts, _logger) = (options.Tls, time, bursts, logger);
        if (_options.Port == 0) return;
        _seen = Hash();
        _files = TlsFiles.Read(_options);
    }

    /// <summary>Trust has changed: <see cref="StillTrusts"/> may say otherwise than before.</summary>
    public event Action? Changed;

    /// <summary>Why the newest files are not in use; null while they are.</summary>
    public string? Error { get; private set; }

    /// <summary>Days until our certificate ends; null without TLS.</summary>
    public double? DaysLeft => (_files?.Ends - _time.GetUtcNow())?.TotalDays;

    /// <summary>What an operator should mend; null for nothing, or without TLS.</summary>
    public string? Trouble => _files is not { } files ? null : Error
        ?? (files.Ends <= _time.GetUtcNow() ? $"Mqtt:Tls:Certificate ({_options.Certificate}): the certificate has ended at {files.Ends:u}" : null)
        ?? (files.ListsEnded(_time.GetUtcNow()).FirstOrDefault() is { } list ? $"Mqtt:Tls:Crl: the revocation list of {list} has ended: its clients are refused" : null);

    /// <summary>Whom a certificate names that came through our handshake; null where it is not good any more.</summary>
    public ClientIdentity? Identify(X509Certificate2 certificate, IPAddress from)
    {
        if (_files is not { } files) return null;
        if (_identities.TryGetValue(Key(certificate), out var known) && _time.GetUtcNow() < known.Ends) return known;
        using var chain = new X509Chain { ChainPolicy = files.Policy() };
        chain.Build(certificate); // its status is looked at in Identify
        return Judge(chain, files, certificate, from);
    }

    public bool StillTrusts(ClientIdentity identity) => _files?.StillTrusts(identity) == true;

    /// <summary>Takes a connection's TLS off it.</summary>
    public void Use(ListenOptions listen) => listen.UseHttps(new TlsHandshakeCallbackOptions
    {
        OnConnection = c => ValueTask.FromResult(Options(_files!, c.Connection.RemoteEndPoint is IPEndPoint peer ? Addresses.Site(peer.Address) : IPAddress.None)),
    });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_files is null) return;
        if (Trouble is { } trouble) LogTrouble(trouble);
        using var timer = new PeriodicTimer(Period, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) Look();
    }

    private SslServerAuthenticationOptions Options(TlsFiles files, IPAddress from)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = files.Certificate,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        };
        if (_options.ClientCertificate == ClientCertificates.None) return options;
        options.ClientCertificateRequired = true; // asked for; whether none is good is said below
        options.CertificateChainPolicy = files.Policy();
        options.AllowTlsResume = false; // a resumed session would not show its certificate again
        options.RemoteCertificateValidationCallback = (_, certificate, chain, _) => certificate is null
            ? _options.ClientCertificate == ClientCertificates.Optional
            : chain is not null && certificate is X509Certificate2 shown && Judge(chain, files, shown, from) is not null;
        return options;
    }

    private ClientIdentity? Judge(X509Chain chain, TlsFiles files, X509Certificate2 certificate, IPAddress from)
    {
        var identity = files.Identify(chain, _time.GetUtcNow(), out var refusal);
        if (identity is null)
        {
            IngestMetrics.ConnectRefused("certificate");
            if (_bursts.Note(from, "certificate-refused") is > 0 and var count)
                LogRefused(from, Admission.Shown(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)), refusal, count);
            return null;
        }
        if (_identities.Count >= MostInMemory) _identities.Clear();
        _identities[Key(certificate)] = identity;
        if (!ReferenceEquals(files, _files)) _identities.Clear(); // judged by files that are no more
        return identity;
    }

    /// <summary>Reads the files where they have changed.</summary>
    private void Look()
    {
        try
        {
            var seen = Hash();
            if (!seen.AsSpan().SequenceEqual(_seen))
            {
                _seen = seen; // what cannot be used is tried again when it has changed once more
                var files = TlsFiles.Read(_options);
                if (files.Ends <= _time.GetUtcNow() && _files!.Ends > _time.GetUtcNow())
                    throw new InvalidDataException($"Mqtt:Tls:Certificate ({_options.Certificate}) cannot be used: it has ended at {files.Ends:u}");
                _files = files;
                _identities.Clear();
                (Error, _changedBefore) = (null, true);
                LogRead(_files.Ends);
                Changed?.Invoke();
            }
            else if (_changedBefore)
            {
                _changedBefore = false;
                Changed?.Invoke(); // who was judged before and let in just after is caught now
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            if (Error != e.Message)
            {
                IngestMetrics.TlsReloadFailures.Add(1);
                LogKept(e.Message);
            }
            Error = e.Message;
        }
    }

    private byte[] Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in new[] { _options.Certificate, _options.Key, _options.ClientCa, _options.Crl })
        {
            hash.AppendData([0]);
            if (File.Exists(file)) hash.AppendData(File.ReadAllBytes(file)); // what is missing is named when it is read
        }
        return hash.GetHashAndReset();
    }

    private static string Key(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256);

    [LoggerMessage(1651, LogLevel.Information, "TLS files read; the certificate is good until {Ends:u}")]
    private partial void LogRead(DateTimeOffset ends);

    [LoggerMessage(1652, LogLevel.Error, "The new TLS files are not used, those before stay: {Message}")]
    private partial void LogKept(string message);

    [LoggerMessage(1653, LogLevel.Information, "Client certificate of {Address} for {Name} is refused: {Reason}; {Count} of this address by now")]
    private partial void LogRefused(IPAddress address, string name, string reason, long count);

    [LoggerMessage(1654, LogLevel.Error, "TLS needs mending: {Trouble}")]
    private partial void LogTrouble(string trouble);
}
