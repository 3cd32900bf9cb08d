using Fleet.Ingest.Credentials;
using Fleet.Ingest.Mqtt.Packets;
using Fleet.Ingest.Mqtt.Sessions;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Fleet.Ingest.Mqtt;

/// <summary>How a conversation begins: the first packet, who it is, and the answer (MQTT 5, 3.1 and 3.2).</summary>
internal sealed partial class Connection
{
    /// <summary>
    /// What a stranger may have us hold, and how far a length is believed, before there is a CONNECT that we have judged:
    /// room for a certificate's worth of password beside a name and a will.
    /// </summary>
    private const int MostConnectBytes = 16 * 1024;

    private MqttConnectPacket? TakeFirst(in Frame frame, ReadOnlySpan<byte> packet)
    {
        if (PacketRules.Version(frame, packet, out var asked) is { } noConnect)
        {
            Break(noConnect);
            return null;
        }
        if (asked is not { } version)
        {
            // 3.1.1 knows a return code for it [MQTT-3.1.2-2]; who asks for more than 5 gets 5's (MQTT 5, 3.1.2.2).
            _output.Write(packet[frame.HeaderBytes + 1] == 4 && packet[frame.HeaderBytes + 6] > 5 ? [0x20, 3, 0, (byte)MqttConnectReasonCode.UnsupportedProtocolVersion, 0] : [0x20, 2, 0, 1]);
            IngestMetrics.ConnectRefused("protocol-version");
            _hasSaidWhy = true;
            Interlocked.Exchange(ref _closed, 1);
            return null;
        }
        (_version, _isV5) = (version, version == MqttProtocolVersion.V500);
        if (PacketRules.Check(frame, packet, version, out var properties) is { } breach)
        {
            Break(breach);
            return null;
        }
        if (PacketRules.IsNameless(packet[frame.HeaderBytes..], version))
        {
            IngestMetrics.ConnectRefused("no-client-identifier");
            Refuse(MqttConnectReasonCode.ClientIdentifierNotValid);
            return null;
        }
        if (Decode<MqttConnectPacket>(frame, packet) is not { } connect) return null;
        _tellsProblems = !properties.Has(0x17) || connect.RequestProblemInformation;
        return connect;
    }

    private async Task ConnectAsync(MqttConnectPacket connect)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // off the socket's thread: the store answers as it will
        var admitted = await _broker.AdmitAsync(this, connect, _isV5);
        if (admitted.Session is not { } session)
        {
            Refuse(admitted.Reason);
            return;
        }
        if (Volatile.Read(ref _closed) == 1) return; // it took too long, or another was faster
        var keepAlive = connect.KeepAlivePeriod;
        var limit = (ushort)_options.MaxKeepAlive.TotalSeconds;
        var isCapped = _isV5 && limit > 0 && (keepAlive == 0 || keepAlive > limit);
        if (isCapped) keepAlive = limit;
        _patience = TimeSpan.FromSeconds(keepAlive * 1.5); // [MQTT-3.1.2-22]
        if (connect.ReceiveMaximum > 0) ReceiveMaximum = connect.ReceiveMaximum;
        if (connect.MaximumPacketSize > 0) _maxPacketBytes = connect.MaximumPacketSize;
        _mostOutgoingAliases = Math.Min(connect.TopicAliasMaximum, MostAliases);
        if (admitted.Will is { } will) _broker.Accept(this, session, will);
        _isAccepted = SendConnAck(new MqttConnAckPacket
        {
            IsSessionPresent = admitted.IsPresent, ReasonCode = MqttConnectReasonCode.Success, ReturnCode = MqttConnectReturnCode.ConnectionAccepted,
            AssignedClientIdentifier = string.IsNullOrEmpty(connect.ClientId) && _isV5 ? session.ClientId : null,
            SessionExpiryInterval = session.ExpirySeconds != connect.SessionExpiryInterval ? session.ExpirySeconds : 0,
            ServerKeepAlive = isCapped ? keepAlive : (ushort)0, ReceiveMaximum = (ushort)_options.MaxUnacknowledged, MaximumQoS = MqttQualityOfServiceLevel.ExactlyOnce,
            MaximumPacketSize = (uint)_options.MaxPacketBytes, TopicAliasMaximum = MostAliases,
            RetainAvailable = true, WildcardSubscriptionAvailable = true, SubscriptionIdentifiersAvailable = true, SharedSubscriptionAvailable = true,
        }, isCutShort: session.ExpirySeconds == 0 && connect.SessionExpiryInterval > 0);
        if (!_isAccepted)
        {
            _hasTakenLeave = true; // it takes no packet as large as a CONNACK [MQTT-3.1.2-24], so it was never here
            Close(MqttDisconnectReasonCode.PacketTooLarge);
            return;
        }
        if (admitted.IsPresent) await _broker.ReviewAsync(session);
        session.Resume(this);
        await _broker.BeginAsync(this, session);
    }

    /// <param name="isCutShort">The session ends with its connection, which is not what the client asked for.</param>
    private bool SendConnAck(MqttConnAckPacket packet, bool isCutShort)
    {
        var encoded = Codec.Encode(_version, packet);
        if (isCutShort) encoded = Codec.WithNoExpiry(encoded);
        if (encoded.Length > _maxPacketBytes) return false;
        _output.Write(encoded);
        return true;
    }

    private void Refuse(MqttConnectReasonCode reason)
    {
        Send(new MqttConnAckPacket
        {
            ReasonCode = reason, RetainAvailable = true, WildcardSubscriptionAvailable = true, SubscriptionIdentifiersAvailable = true, SharedSubscriptionAvailable = true,
            MaximumQoS = MqttQualityOfServiceLevel.ExactlyOnce,
            ReturnCode = reason switch
            {
                MqttConnectReasonCode.ClientIdentifierNotValid => MqttConnectReturnCode.ConnectionRefusedIdentifierRejected,
                MqttConnectReasonCode.BadUserNameOrPassword => MqttConnectReturnCode.ConnectionRefusedBadUsernameOrPassword,
                MqttConnectReasonCode.ServerUnavailable or MqttConnectReasonCode.ServerBusy or MqttConnectReasonCode.ConnectionRateExceeded or MqttConnectReasonCode.QuotaExceeded =>
                    MqttConnectReturnCode.ConnectionRefusedServerUnavailable,
                _ => MqttConnectReturnCode.ConnectionRefusedNotAuthorized,
            },
        });
        _hasSaidWhy = true;
        Interlocked.Exchange(ref _closed, 1);
    }
}
