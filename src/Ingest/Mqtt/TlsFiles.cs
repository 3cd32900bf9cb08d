using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Ingest.Credentials;

namespace Fleet.Ingest.Mqtt;

/// <summary>What the files of <c>Mqtt:Tls:*</c> held when they were read: our certificate, whom we trust, who is revoked.</summary>
internal sealed class TlsFiles
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2"; // RFC 5280, 4.2.1.12
    private const string CommonName = "2.5.4.3";

    private readonly X509Certificate2Collection _roots = [], _between = [];
    private readonly FrozenSet<string> _rootThumbprints;
    private readonly FrozenDictionary<string, RevocationList>? _lists;

    private TlsFiles(SslStreamCertificateContext certificate, X509Certificate2Collection authorities, IEnumerable<RevocationList>? lists)
    {
        Certificate = certificate;
        foreach (var authority in authorities) (authority.SubjectName.Name == authority.IssuerName.Name ? _roots : _between).Add(authority);
        _rootThumbprints = _roots.Select(Thumbprint).ToFrozenSet();
        _lists = lists?.GroupBy(l => l.Issuer).Select(g => g.MaxBy(l => l.At)!).ToFrozenDictionary(l => l.Issuer);
    }

    public SslStreamCertificateContext Certificate { get; }

    /// <summary>When our certificate ends.</summary>
    public DateTimeOffset Ends => new(Certificate.TargetCertificate.NotAfter);

    /// <summary>The revocation lists that tell nothing any more.</summary>
    public IEnumerable<string> ListsEnded(DateTimeOffset now) => _lists?.Values.Where(l => l.Ends <= now).Select(l => l.Issuer) ?? [];

    /// <exception cref="InvalidDataException">A file says something wrong; the message names it.</exception>
    public static TlsFiles Read(TlsOptions options)
    {
        var chain = Named("Mqtt:Tls:Certificate", options.Certificate!, file =>
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(file);
            return all.Count > 0 ? all : throw new InvalidDataException("it holds no certificate");
        });
        var (setting, keyFile) = options.Key is { Length: > 0 } key ? ("Mqtt:Tls:Key", key) : ("Mqtt:Tls:Certificate", options.Certificate!);
        var certificate = Named(setting, keyFile, file => SslStreamCertificateContext.Create(WithKey(options.Certificate!, file), [.. chain.Skip(1)], offline: true));
        var authorities = options.ClientCa is not { Length: > 0 } ca ? [] : Named("Mqtt:Tls:ClientCa", ca, file =>
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(file);
            return all.Any(a => a.SubjectName.Name == a.IssuerName.Name) ? all : throw new InvalidDataException("it holds no root, a certificate that is its own issuer");
        });
        var lists = options.Crl is not { Length: > 0 } crl ? null : Named("Mqtt:Tls:Crl", crl, file =>
        {
            var all = RevocationList.ReadAll(File.ReadAllBytes(file));
            return all.FirstOrDefault(l => !authorities.Any(l.IsSignedBy)) is { } stranger
                ? throw new InvalidDataException($"the list of {stranger.Issuer} is signed by nobody in Mqtt:Tls:ClientCa") : all;
        });
        return new(certificate, authorities, lists);
    }

    /// <summary>How a client's chain is to be built: up to our roots alone, and nothing is fetched from anywhere.</summary>
    public X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.AddRange(_roots);
        policy.ExtraStore.AddRange(_between);
        policy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return policy;
    }

    /// <summary>Whom a chain that was built names; null and the reason where it is not good.</summary>
    public ClientIdentity? Identify(X509Chain chain, DateTimeOffset now, out string refusal)
    {
        refusal = "";
        if (chain.ChainStatus is [var status, ..]) refusal = status.StatusInformation.Trim();
        else if (chain.ChainElements.Count == 0) refusal = "there is no chain";
        if (refusal.Length > 0) return null;
        var (certificate, root) = (chain.ChainElements[0].Certificate, chain.ChainElements[^1].Certificate);
        var numbers = chain.ChainElements.SkipLast(1).Select(e => new IssuedNumber(e.Certificate.IssuerName.Name, RevocationList.NumberOf(e.Certificate))).ToImmutableArray();
        if (RevokedBy(numbers, now) is { } why) refusal = why;
        else if (SerialOf(certificate) is not { } serial) refusal = "its subject names no serial";
        else return new(serial, new(certificate.NotAfter), Thumbprint(root), numbers);
        return null;
    }

    /// <summary>Whether a session that came with it may go on. That a list has ended refuses newcomers, but closes nobody.</summary>
    public bool StillTrusts(ClientIdentity identity) =>
        _rootThumbprints.Contains(identity.Root) && !identity.Chain.Any(c => _lists?.GetValueOrDefault(c.Issuer)?.Holds(c.Number) == true);

    /// <summary>Where there are lists, every authority of the chain must have one that is current.</summary>
    private string? RevokedBy(ImmutableArray<IssuedNumber> chain, DateTimeOffset now)
    {
        if (_lists is null) return null;
        foreach (var (issuer, number) in chain)
        {
            if (!_lists.TryGetValue(issuer, out var list)) return $"Mqtt:Tls:Crl has no list of {issuer}";
            if (list.Ends <= now) return $"the revocation list of {issuer} has ended at {list.Ends:u}";
            if (list.Holds(number)) return $"it is revoked by {issuer}";
        }
        return null;
    }

    /// <summary>The subject's one common name; where it has none, its one DNS name.</summary>
    private static string? SerialOf(X509Certificate2 certificate)
    {
        var names = certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(n => !n.HasMultipleElements && n.GetSingleElementType().Value == CommonName).Select(n => n.GetSingleElementValue()).ToList();
        if (names.Count == 0) names = [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(e => e.EnumerateDnsNames())];
        return names is [{ } serial] && Topic.IsSerial(System.Text.Encoding.UTF8.GetBytes(serial)) ? serial : null;
    }

    private static string Thumbprint(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256);

    private static X509Certificate2 WithKey(string certificate, string key)
    {
        var text = File.ReadAllText(key);
        if (text.Contains("ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal) || text.Contains("4,ENCRYPTED", StringComparison.Ordinal))
            throw new InvalidDataException("the key is encrypted; it must be one without a password");
        if (!text.Contains("PRIVATE KEY-----", StringComparison.Ordinal)) throw new InvalidDataException("it holds no private key");
        try { return X509Certificate2.CreateFromPemFile(certificate, key); }
        catch (ArgumentException e) { throw new InvalidDataException($"the key does not match {certificate}", e); }
        catch (CryptographicException e) { throw new InvalidDataException($"the key is malformed, or does not match {certificate}", e); }
    }

    private static T Named<T>(string setting, string file, Func<string, T> read)
    {
        try { return read(file); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or InvalidDataException or ArgumentException)
        {
            throw new InvalidDataException($"{setting} ({file}) cannot be used: {e.Message}", e);
        }
    }
}
