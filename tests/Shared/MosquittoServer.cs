using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Diagnostics;

namespace Fleet.Tests.Shared;

/// <summary>
/// A real Mosquitto (Debian's <c>mosquitto</c>) on a loopback port, with a folder of its own; stopped by SIGTERM and
/// started again it has its sessions and their messages.
/// </summary>
internal sealed class MosquittoServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-mosquitto-").FullName;
    private readonly ServerProcess _process;

    /// <param name="secure">
    /// TLS with a certificate for <c>localhost</c> of a CA of its own (<see cref="CaFile"/>). Clients need one of that CA
    /// (<see cref="ClientCertificate"/>) and a password: user <c>fleet</c>, <see cref="Password"/>.
    /// </param>
    public MosquittoServer(bool secure = false)
    {
        Port = ServerProcess.FreePort();
        var settings = Path.Combine(_folder, "mosquitto.conf");
        File.WriteAllText(settings,
            $"""
            listener {Port} 127.0.0.1
            {(secure ? "allow_anonymous false" : "allow_anonymous true")}
            persistence true
            persistence_location {_folder}/
            max_queued_messages 0
            max_inflight_messages 100
            user root
            {(secure ? MakeSecure() : "")}
            """);
        _process = new ServerProcess("/usr/sbin/mosquitto", "mosquitto", ["-c", settings], new Uri($"tcp://127.0.0.1:{Port}"));
    }

    public int Port { get; }

    public string CaFile => Path.Combine(_folder, "ca.pem");

    public string ClientCertificate => Path.Combine(_folder, "client.pem");

    public string ClientKey => Path.Combine(_folder, "client-key.pem");

    public string Password { get; } = Convert.ToHexString(RandomNumberGenerator.GetBytes(8));

    public Task StartAsync() => _process.StartAsync();

    /// <summary>SIGTERM: sessions and what waits in them are saved.</summary>
    public Task StopAsync() => _process.StopAsync();

    /// <summary>Stopped, it loses what it had saved.</summary>
    public void Forget() => File.Delete(Path.Combine(_folder, "mosquitto.db"));

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string MakeSecure()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var ca = new CertificateRequest("CN=test CA", caKey, HashAlgorithmName.SHA256);
        ca.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using var authority = ca.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));

        File.WriteAllText(CaFile, authority.ExportCertificatePem());
        Issue("localhost", Path.Combine(_folder, "cert.pem"), Path.Combine(_folder, "key.pem"));
        Issue("client", ClientCertificate, ClientKey);
        var passwords = Path.Combine(_folder, "passwords");
        using var mosquittoPasswd = Process.Start("mosquitto_passwd", ["-b", "-c", passwords, "fleet", Password]);
        mosquittoPasswd.WaitForExit();
        return $"""
            cafile {CaFile}
            require_certificate true
            certfile {_folder}/cert.pem
            keyfile {_folder}/key.pem
            password_file {passwords}
            """;

        void Issue(string name, string certificateFile, string keyFile)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
            using var certificate = request.Create(authority, now.AddDays(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(8));
            File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
            File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        }
    }
}
