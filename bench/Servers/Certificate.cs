using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Bench.Servers;

/// <summary>A self-signed certificate for 127.0.0.1 in a folder of its own: ECDSA on P-256, as a public authority issues them today.</summary>
internal sealed class Certificate : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-bench-tls-").FullName;

    public Certificate(TimeProvider clock)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=fleet-bench", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = clock.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
    }

    public string CertificateFile => Path.Combine(_folder, "certificate.pem");

    public string KeyFile => Path.Combine(_folder, "key.pem");

    /// <summary>Fleet's settings for it.</summary>
    public string[] Settings => [$"--Mqtt:Tls:Certificate={CertificateFile}", $"--Mqtt:Tls:Key={KeyFile}"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
