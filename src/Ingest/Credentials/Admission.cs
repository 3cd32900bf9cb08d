using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fleet.Ingest.Mqtt;
using MQTTnet.Protocol;

namespace Fleet.Ingest.Credentials;

/// <summary>Who asks to come in: what a CONNECT and its connection say.</summary>
internal sealed record Visitor(string? UserName, byte[] Password, IPAddress? Address, X509Certificate2? Certificate);

/// <summary>The answer to a CONNECT.</summary>
/// <param name="Access">What the session may do; null where it may not begin.</param>
/// <param name="Refusal">The refusal's name in <c>fleet.ingest.connects_refused</c>.</param>
internal readonly record struct Verdict(Access? Access, MqttConnectReasonCode Reason = MqttConnectReasonCode.Success, string Refusal = "");

/// <summary>Who may come in, and how fast it may talk.</summary>
internal sealed class Admission(MqttOptions options, CredentialStore credentials, TimeProvider time)
{
    /// <summary>Sessions whose right has ended, to be closed at once.</summary>
#pragma warning disable CS0067 // raised by revocation, which comes next
    public event Action<Predicate<Access>>? Revoked;
#pragma warning restore CS0067

    public async Task<Verdict> JudgeAsync(Visitor visitor, CancellationToken stop)
    {
        var anonymousAllowed = options.AllowAnonymous && visitor.Address is { } address && IPAddress.IsLoopback(address);
        if (string.IsNullOrEmpty(visitor.UserName))
            return anonymousAllowed ? new(Access.Anonymous) : new(null, MqttConnectReasonCode.NotAuthorized, "not-authorized");
        if (Topic.IsSerial(Encoding.UTF8.GetBytes(visitor.UserName)))
        {
            var verified = await credentials.VerifyAsync(visitor.UserName, visitor.Password, stop);
            if (verified == true) return new(new Access(visitor.UserName));
            if (verified is null && anonymousAllowed) return new(Access.Anonymous);
        }
        else if (anonymousAllowed) return new(Access.Anonymous);
        return new(null, MqttConnectReasonCode.BadUserNameOrPassword, "bad-password");
    }

    /// <summary>Whether a client identifier is the name of a terminal that has credentials, and so nobody else's.</summary>
    public async Task<bool> IsTerminalAsync(string clientId, CancellationToken stop) => await credentials.VerifyAsync(clientId, [], stop) is not null;

    /// <summary>The limit of messages that a session has; null for none.</summary>
    public TokenBucket? RateOf(Access access) => access.Serial is null ? null : new(options.MessagesPerSecond, time);
}
