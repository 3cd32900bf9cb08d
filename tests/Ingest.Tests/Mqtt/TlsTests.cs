using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Mqtt;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Protocol;
using static MQTTnet.MqttClientConnectResultCode;

namespace Fleet.Ingest_Tests.Mqtt;

/// <summary>TLS by real handshakes: files that change while the server runs, and client certificates that stand for serials.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly Authority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task A_new_certificate_is_served_without_a_restart_and_a_broken_one_leaves_the_old_and_says_so()
    {
        await using var host = await TlsHost.StartAsync(_authority, "none");
        var tls = host.Fleet.Services.GetRequiredService<Tls>();
        Assert.Equal("CN=server-1", await ServedAsync(host));
        using var before = await ConnectedAsync(host, "N1", null, await host.Fleet.Credentials.CreateAsync("N1"));

        host.WriteServer(_authority.Issue("CN=server-2", forServer: true, days: 5));
        await UntilAsync(async () => await ServedAsync(host) == "CN=server-2", "the new certificate");
        Assert.InRange(tls.DaysLeft!.Value, 4.9, 5);
        Assert.Null(tls.Trouble);
        Assert.True(before.IsConnected);

        host.Write("server.pem", "no certificate at all");
        await Some.Until(() => tls.Trouble is not null, "the complaint");
        Assert.Contains("Mqtt:Tls:Certificate", tls.Trouble, StringComparison.Ordinal);
        Assert.Equal("CN=server-2", await ServedAsync(host));

        host.WriteServer(_authority.Issue("CN=server-3", forServer: true));
        await UntilAsync(async () => await ServedAsync(host) == "CN=server-3", "the mended certificate");
        Assert.Null(tls.Trouble);
    }

    [Fact]
    public async Task A_key_of_another_certificate_and_one_that_has_ended_leave_what_is_served()
    {
        await using var host = await TlsHost.StartAsync(_authority, "none");
        var tls = host.Fleet.Services.GetRequiredService<Tls>();
        using var other = System.Security.Cryptography.ECDsa.Create();
        host.Write("server.key", other.ExportPkcs8PrivateKeyPem());
        await Some.Until(() => tls.Trouble is not null, "the complaint");
        Assert.Matches("Mqtt:Tls:Key .*does not match", tls.Trouble);
        host.Write("server.key", other.ExportEncryptedPkcs8PrivateKeyPem("x", new(System.Security.Cryptography.PbeEncryptionAlgorithm.Aes256Cbc, System.Security.Cryptography.HashAlgorithmName.SHA256, 1)));
        await Some.Until(() => tls.Trouble!.Contains("encrypted", StringComparison.Ordinal), "the next complaint");
        host.WriteServer(_authority.Issue("CN=ended", forServer: true, days: -0.1));
        await Some.Until(() => tls.Trouble!.Contains("has ended", StringComparison.Ordinal), "the last complaint");
        Assert.Equal("CN=server-1", await ServedAsync(host));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task TLS_1_2_and_1_3_are_spoken(SslProtocols protocol)
    {
        await using var host = await TlsHost.StartAsync(_authority, "optional");
        using var client = await ConnectedAsync(host, "V1", _authority.Issue("CN=V1"), null, protocol);
        Assert.True((await client.PublishStringAsync("fleet/v1/V1/report", "{}", MqttQualityOfServiceLevel.AtLeastOnce)).IsSuccess);
    }

    [Fact]
    public async Task A_certificate_stands_for_its_serial_and_what_comes_with_it_must_fit()
    {
        await using var host = await TlsHost.StartAsync(_authority, "optional");
        var mine = _authority.Issue("O=Shop, CN=C1");
        var password = await host.Fleet.Credentials.CreateAsync("C1");
        var foreign = await host.Fleet.Credentials.CreateAsync("C2");

        using (var nameless = await ConnectedAsync(host, null, mine, null))
        {
            Assert.True((await nameless.PublishStringAsync("fleet/v1/C1/report", "{}", MqttQualityOfServiceLevel.AtLeastOnce)).IsSuccess);
            Assert.Equal(MqttClientPublishReasonCode.NotAuthorized, (await nameless.PublishStringAsync("fleet/v1/C2/report", "{}", MqttQualityOfServiceLevel.AtLeastOnce)).ReasonCode);
        }
        Assert.Equal(Success, await AnswerAsync(host, "C1", mine, null));
        Assert.Equal(Success, await AnswerAsync(host, "C1", mine, password));
        Assert.Equal(BadUserNameOrPassword, await AnswerAsync(host, "C1", mine, "wrong"));
        Assert.Equal(NotAuthorized, await AnswerAsync(host, "C2", mine, foreign));
        Assert.Equal(Success, await AnswerAsync(host, "C2", null, foreign));
        Assert.Equal(BadUserNameOrPassword, await AnswerAsync(host, "C2", null, null));
        Assert.Equal(Success, await AnswerAsync(host, "C3", _authority.Issue("", dnsName: "C3"), null));
    }

    [Fact]
    public async Task Certificates_of_others_ended_ones_and_none_at_all_do_not_come_in_where_one_is_required()
    {
        await using var host = await TlsHost.StartAsync(_authority, "required");
        using var stranger = new Authority();
        Assert.Equal(Success, await AnswerAsync(host, "Q1", _authority.Issue("CN=Q1"), null));
        await RefusedAsync(host, "Q1", null, await host.Fleet.Credentials.CreateAsync("Q1"));
        await RefusedAsync(host, "Q1", stranger.Issue("CN=Q1"), null);
        await RefusedAsync(host, "Q1", _authority.Issue("CN=Q1", days: -0.1), null);
        await RefusedAsync(host, "Q1", _authority.Issue("CN=Q1", forServer: true), null);
        await RefusedAsync(host, "Q1", _authority.Issue("CN=no/serial"), null);
    }

    [Fact]
    public async Task Where_a_certificate_is_required_a_name_without_one_comes_in_from_loopback_alone()
    {
        await using var host = await TlsHost.StartAsync(_authority, "required");
        var (admission, password) = (host.Fleet.Services.GetRequiredService<Admission>(), await host.Fleet.Credentials.CreateAsync("Q2"));
        var here = new Visitor("Q2", "Q2", Encoding.ASCII.GetBytes(password), IPAddress.Loopback, null);
        Assert.Equal("Q2", (await admission.JudgeAsync(here, default)).Access?.Serial);
        Assert.Equal((MqttConnectReasonCode.NotAuthorized, "certificate"), await RefusalAsync(here with { Address = IPAddress.Parse("10.0.0.1") }));
        Assert.Equal((MqttConnectReasonCode.NotAuthorized, "certificate"), await RefusalAsync(here with { Address = null, UserName = "token:x" }));

        async Task<(MqttConnectReasonCode, string)> RefusalAsync(Visitor visitor) => await admission.JudgeAsync(visitor, default) is var verdict ? (verdict.Reason, verdict.Refusal) : default;
    }

    [Fact]
    public async Task Whoever_is_silent_before_the_handshake_counts_as_a_connection()
    {
        await using var host = await TlsHost.StartAsync(_authority, "none", "--Mqtt:MaxConnections=1");
        var admission = host.Fleet.Services.GetRequiredService<Admission>();
        using var silent = new TcpClient();
        await silent.ConnectAsync(IPAddress.Loopback, host.Fleet.TlsPort);
        await Some.Until(() => !HasRoom(), "the silent one's place");
        silent.Close();
        await Some.Until(HasRoom, "room again");

        bool HasRoom()
        {
            if (!admission.TryEnter(IPAddress.Loopback)) return false;
            admission.Leave(IPAddress.Loopback);
            return true;
        }
    }

    [Fact]
    public async Task A_refused_certificate_is_a_line_for_a_burst_and_says_nothing_that_the_peer_chose()
    {
        using var log = new Lines();
        using var stranger = new Authority();
        await using var host = await TlsHost.StartAsync(_authority, "required");
        log.Listen(host.Fleet.Services.GetRequiredService<ILoggerFactory>());
        for (var i = 0; i < 5; i++) await RefusedAsync(host, "Q3", stranger.Issue($"O=chosen, CN=by/{i}"), null);
        Assert.Contains("127.0.0.1 for (no serial)", Assert.Single(log.Of(1653)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_is_revoked_loses_its_session_and_the_others_keep_theirs()
    {
        await using var host = await TlsHost.StartAsync(_authority, "optional");
        var (stolen, good) = (_authority.Issue("CN=S1"), _authority.Issue("CN=S2"));
        using var thief = await ConnectedAsync(host, "S1", stolen, null);
        using var honest = await ConnectedAsync(host, "S2", good, null);
        _authority.Revoke(stolen);
        host.Write("crl.pem", Authority.PemOf(_authority.List()));
        await Some.Until(() => !thief.IsConnected, "the session's end");
        await RefusedAsync(host, "S1", stolen, null);
        Assert.True(honest.IsConnected);
        Assert.Equal(Success, await AnswerAsync(host, "S2", good, null));
    }

    [Fact]
    public async Task A_list_that_has_ended_refuses_newcomers_and_says_so_and_closes_nobody()
    {
        await using var host = await TlsHost.StartAsync(_authority, "optional");
        var tls = host.Fleet.Services.GetRequiredService<Tls>();
        using var inside = await ConnectedAsync(host, "X1", _authority.Issue("CN=X1"), null);
        host.Write("crl.pem", Authority.PemOf(_authority.List(ends: TimeProvider.System.GetUtcNow().AddSeconds(-5))));
        await Some.Until(() => tls.Trouble is not null, "the complaint");
        Assert.Contains("has ended", tls.Trouble, StringComparison.Ordinal);
        await RefusedAsync(host, "X2", _authority.Issue("CN=X2"), null);
        Assert.True(inside.IsConnected);
    }

    [Fact]
    public async Task An_authority_that_is_trusted_no_more_takes_its_sessions_with_it()
    {
        await using var host = await TlsHost.StartAsync(_authority, "optional");
        using var inside = await ConnectedAsync(host, "Y1", _authority.Issue("CN=Y1"), null);
        using var next = new Authority("Next CA");
        host.Write("crl.pem", Authority.PemOf(next.List()));
        host.Write("ca.pem", next.Pem);
        await Some.Until(() => !inside.IsConnected, "the session's end");
        Assert.Equal(Success, await AnswerAsync(host, "Y2", next.Issue("CN=Y2"), null));
    }

    /// <summary>What was logged since it listens, by id.</summary>
    private sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<(int Id, string Text)> _lines = [];

        public void Listen(ILoggerFactory factory) => factory.AddProvider(this);

        public IEnumerable<string> Of(int id) => _lines.Where(l => l.Id == id).Select(l => l.Text);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue((eventId.Id, formatter(state, exception)));

        public void Dispose() { }
    }

    private static async Task<string> ServedAsync(TlsHost host)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, host.Fleet.TlsPort);
        await using var stream = new SslStream(socket.GetStream());
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(host.Authority.Certificate);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "127.0.0.1", CertificateChainPolicy = policy });
        return stream.RemoteCertificate!.Subject;
    }

    private static MqttClientOptions Options(TlsHost host, string? user, X509Certificate2? certificate, string? password, SslProtocols protocol = SslProtocols.None) =>
        host.Fleet.Client(user, password).WithTcpServer("127.0.0.1", host.Fleet.TlsPort).WithClientId($"{Guid.NewGuid():n}").WithTimeout(Some.Patience).WithTlsOptions(o =>
        {
            o.UseTls().WithCertificateValidationHandler(_ => true).WithSslProtocols(protocol);
            if (certificate is not null) o.WithClientCertificates([certificate]);
        }).Build();

    private static async Task<IMqttClient> ConnectedAsync(TlsHost host, string? user, X509Certificate2? certificate, string? password, SslProtocols protocol = SslProtocols.None)
    {
        var client = new MqttClientFactory().CreateMqttClient();
        Assert.Equal(Success, (await client.ConnectAsync(Options(host, user, certificate, password, protocol))).ResultCode);
        return client;
    }

    private static async Task<MqttClientConnectResultCode> AnswerAsync(TlsHost host, string? user, X509Certificate2? certificate, string? password)
    {
        using var client = new MqttClientFactory().CreateMqttClient();
        return (await client.ConnectAsync(Options(host, user, certificate, password))).ResultCode;
    }

    /// <summary>Refused by the handshake, so that there is no answer.</summary>
    private static async Task RefusedAsync(TlsHost host, string user, X509Certificate2? certificate, string? password) =>
        await Assert.ThrowsAnyAsync<Exception>(() => AnswerAsync(host, user, certificate, password));

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        using var patience = new CancellationTokenSource(Some.Patience);
        while (!await condition())
        {
            if (patience.IsCancellationRequested) Assert.Fail($"{what} did not come about");
            await Task.Delay(50);
        }
    }
}
