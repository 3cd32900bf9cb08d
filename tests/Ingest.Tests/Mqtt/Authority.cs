using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Fleet.Ingest_Tests.Mqtt;

/// <summary>A certificate authority of the test's own, and the files it writes for a server.</summary>
internal sealed class Authority : IDisposable
{
    private static readonly DateTimeOffset s_now = TimeProvider.System.GetUtcNow();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly CertificateRevocationListBuilder _revoked = new();

    public Authority(string name = "Fleet test CA", X509KeyUsageFlags usage = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign)
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        Certificate = request.CreateSelfSigned(s_now.AddDays(-1), s_now.AddDays(30));
    }

    public X509Certificate2 Certificate { get; }

    public string Pem => Certificate.ExportCertificatePem();

    /// <summary>A certificate with its key; for our server, or for a client.</summary>
    public X509Certificate2 Issue(string subject, bool forServer = false, double days = 10, string? dnsName = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(forServer ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        if (forServer) names.AddIpAddress(IPAddress.Loopback);
        if (dnsName is not null) names.AddDnsName(dnsName);
        if (forServer || dnsName is not null) request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(Certificate, s_now.AddHours(-12), s_now.AddDays(days), RandomNumberGenerator.GetBytes(12));
        return certificate.CopyWithPrivateKey(key);
    }

    public void Revoke(X509Certificate2 certificate) => _revoked.AddEntry(certificate);

    public byte[] List(DateTimeOffset? ends = null) =>
        _revoked.Build(Certificate, 1, ends ?? s_now.AddDays(1), HashAlgorithmName.SHA256, thisUpdate: ends?.AddDays(-1) ?? s_now.AddHours(-1));

    public static string PemOf(byte[] list) => PemEncoding.WriteString("X509 CRL", list);

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }
}

/// <summary>A folder with the files of <c>Mqtt:Tls:*</c>, and a server that uses them.</summary>
internal sealed class TlsHost : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fleet-tls-");

    private TlsHost(Authority authority, string mode, string[] settings)
    {
        Authority = authority;
        WriteServer(authority.Issue("CN=server-1", forServer: true));
        Write("ca.pem", authority.Pem);
        Write("crl.pem", Mqtt.Authority.PemOf(authority.List()));
        Fleet = new(null, ["--Mqtt:Tls:Port=1", $"--Mqtt:Tls:Certificate={Path("server.pem")}", $"--Mqtt:Tls:Key={Path("server.key")}",
            $"--Mqtt:Tls:ClientCa={Path("ca.pem")}", $"--Mqtt:Tls:Crl={Path("crl.pem")}", $"--Mqtt:Tls:ClientCertificate={mode}", .. settings]);
    }

    public Authority Authority { get; }

    public FleetHost Fleet { get; }

    public static async Task<TlsHost> StartAsync(Authority authority, string mode, params string[] settings)
    {
        var host = new TlsHost(authority, mode, settings);
        await host.Fleet.InitializeAsync();
        return host;
    }

    public string Path(string file) => System.IO.Path.Combine(_folder.FullName, file);

    public void WriteServer(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        Write("server.key", key.ExportPkcs8PrivateKeyPem());
        Write("server.pem", certificate.ExportCertificatePem());
    }

    public void Write(string file, string text) => File.WriteAllText(Path(file), text, Encoding.ASCII);

    public async ValueTask DisposeAsync()
    {
        await Fleet.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
