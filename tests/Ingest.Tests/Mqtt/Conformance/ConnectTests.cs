namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>CONNECT and its answer (3.1, 3.2, 4.12).</summary>
public sealed class ConnectTests(Door door)
{
    private const byte Malformed = 0x81, ProtocolError = 0x82, UnsupportedVersion = 0x84, BadMethod = 0x8C;

    [Theory, Versions]
    [Normative("3.2.0-1 3.1.4-5", "3.2.0-1 3.1.4-4")]
    public async Task A_client_need_not_wait_for_its_CONNACK(int version)
    {
        var (peer, topic) = (await door.OpenAsync(version), Names.New("eager"));
        await peer.SendAsync([.. new Connect(version).Bytes(), .. peer.SubscribeBytes(1, null, (topic, 0)), 0xC0, 0]);
        await peer.ExpectAsync("CONNACK 0x00");
        await peer.ExpectAsync("SUBACK 1 0x00");
        await peer.ExpectAsync("PINGRESP");
    }

    [Theory, Versions]
    [Normative("3.1.0-1", "3.1.0-1")]
    public async Task The_first_packet_is_a_CONNECT(int version)
    {
        byte[][] others = [[0xC0, 0], [0xE0, 0], [0xF0, 0], [0x30, 5, 0, 1, (byte)'t', 0, 0], [0x82, 6, 0, 1, 0, 1, (byte)'t', 0], [0x20, 2, 0, 0]];
        foreach (var packet in others)
        {
            await using var peer = await door.OpenAsync(version);
            await peer.SendAsync(packet);
            await peer.ExpectAsync("closed");
        }
    }

    [Theory, Versions]
    [Normative("3.1.0-2", "3.1.0-2")]
    public async Task A_second_CONNECT_is_a_protocol_error(int version) => await door.RefusesAsync(version, new Connect(version).Bytes(), ProtocolError);

    [Theory, Versions]
    [Normative("3.1.2-1", "3.1.2-1")]
    public async Task The_protocol_s_name_is_MQTT(int version)
    {
        foreach (var name in (string[])["MQTX", "mqtt", "hj", ""])
            await door.RefusesAsync(new Connect(version) { ProtocolName = name }, UnsupportedVersion, Malformed, ProtocolError, 1);
    }

    [Fact]
    [Normative("3.1.2-2", "3.1.2-2")]
    public async Task A_version_that_is_not_spoken_is_refused_by_its_code()
    {
        foreach (var level in (int[])[6, 0, 127])
        {
            var answer = await door.AnswerAsync(new Connect(level));
            Assert.Contains(answer.ToString(), (string[])["CONNACK 0x01", "CONNACK 0x84"]);
        }
    }

    [Theory, Versions]
    [Normative("3.1.2-3 3.1.2-11 3.1.2-12 3.1.2-13 3.1.4-1", "3.1.2-3 3.1.2-13 3.1.2-14 3.1.2-15 3.1.4-1")]
    public async Task Connect_flags_that_contradict_each_other_are_malformed(int version)
    {
        var will = new Will("t");
        (Will? Will, int Flags)[] wrong = [(null, 0x01), (null, 0x08), (null, 0x10), (null, 0x20), (will, 0x18)];
        foreach (var (given, flags) in wrong)
            await door.RefusesAsync(new Connect(version) { Will = given, Flags = f => (byte)(f | flags) }, Malformed, ProtocolError);
    }

    [Theory, Versions]
    [Normative("3.1.2-9 3.1.2-16 3.1.2-17 3.1.2-18 3.1.2-19 3.1.3-1", "3.1.2-11 3.1.2-18 3.1.2-19 3.1.2-20 3.1.2-21 3.1.3-1")]
    public async Task Fields_that_the_flags_promise_are_there_and_no_others(int version)
    {
        foreach (var flag in (int[])[0x80, 0x80 | 0x40, 0x04])
            await door.RefusesAsync(new Connect(version) { Flags = f => (byte)(f | flag) }, Malformed, ProtocolError);
        await door.RefusesAsync(new Connect(version) { User = "u", Flags = f => (byte)(f & ~0x80) }, Malformed, ProtocolError);
        await door.RefusesAsync(new Connect(version) { User = "u", Password = "p", Flags = f => (byte)(f & ~0x40) }, Malformed, ProtocolError);
        await door.RefusesAsync(new Connect(version) { Will = new("t"), Flags = f => (byte)(f & ~0x04) }, Malformed, ProtocolError);
    }

    [Fact]
    [Normative("", "3.1.2-22")]
    public Task At_3_a_password_wants_a_user_name() => door.RefusesAsync(new Connect(4) { Password = "p" });

    [Theory, Versions]
    [Normative("3.1.3-6 3.1.3-7", "3.1.3-6 3.1.3-7")]
    public async Task An_empty_client_identifier_is_given_one(int version)
    {
        var names = new List<string?>();
        for (var i = 0; i < 2; i++)
        {
            var (peer, answer) = await door.ConnectAsync(new Connect(version) { ClientId = "" });
            Assert.Equal("CONNACK 0x00", answer.ToString());
            names.Add(answer.Properties.Text(Prop.AssignedClientIdentifier));
            await peer.HearsNothingAsync();
        }
        if (version == 5) Assert.Equal(2, names.Where(n => !string.IsNullOrEmpty(n)).Distinct().Count());
    }

    [Fact]
    [Normative("", "3.1.3-7 3.1.3-8 3.2.2-4")]
    public async Task At_3_an_empty_client_identifier_cannot_have_a_kept_session()
    {
        var peer = await door.OpenAsync(4);
        await peer.SendAsync(new Connect(4) { ClientId = "", Clean = false }.Bytes());
        await peer.ExpectAsync("CONNACK 0x02");
        await peer.ExpectAsync("closed");
    }

    [Theory, Versions]
    [Normative("3.1.3-5", "3.1.3-5")]
    public async Task Client_identifiers_of_every_kind_are_taken(int version)
    {
        foreach (var id in (string[])["0123456789abcdefghijklm", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "a", new string('x', 200), "名前 with spaces/+#"])
        {
            var (peer, answer) = await door.ConnectAsync(new Connect(version) { ClientId = $"{id}", Clean = true });
            Assert.Null(answer.Properties.Text(Prop.AssignedClientIdentifier));
            await peer.DisposeAsync();
        }
    }

    [Theory, Versions]
    [Normative("3.14.1-1", "3.14.4-1")]
    public async Task Bytes_after_the_CONNECT_s_fields_are_malformed(int version)
    {
        var connect = new Connect(version).Bytes();
        connect[1]++;
        await using var peer = await door.OpenAsync(version);
        await peer.SendAsync([.. connect, 0]);
        await peer.ConnectRefusedAsync(Malformed, ProtocolError);
    }

    [Fact]
    [Normative("3.1.4-1")]
    public async Task Properties_of_CONNECT_stand_once_and_in_their_range()
    {
        Props[] wrong =
        [
            new() { { Prop.SessionExpiry, 1 }, { Prop.SessionExpiry, 1 } }, new() { { Prop.ReceiveMaximum, 0 } }, new() { { Prop.MaximumPacketSize, 0 } },
            new() { { Prop.ReceiveMaximum, 5 }, { Prop.ReceiveMaximum, 5 } }, new() { { Prop.MaximumPacketSize, 99 }, { Prop.MaximumPacketSize, 99 } },
            new() { { Prop.TopicAliasMaximum, 5 }, { Prop.TopicAliasMaximum, 5 } }, new() { { Prop.RequestProblemInformation, 2 } },
            new() { { Prop.RequestResponseInformation, 2 } }, new() { { Prop.TopicAlias, 1 } }, new() { { Prop.AuthenticationData, new byte[] { 1 } } },
        ];
        foreach (var properties in wrong) await door.RefusesAsync(new Connect(5) { Properties = properties }, Malformed, ProtocolError);
        foreach (var properties in (Props[])[new() { { Prop.WillDelay, 1 }, { Prop.WillDelay, 1 } }, new() { { Prop.PayloadFormat, 2 } }, new() { { Prop.SessionExpiry, 1 } }])
            await door.RefusesAsync(new Connect(5) { Will = new("t", Properties: properties) }, Malformed, ProtocolError);
    }

    [Fact]
    [Normative("4.12.0-1")]
    public async Task An_authentication_method_that_we_do_not_have_is_refused()
    {
        await door.RefusesAsync(new Connect(5) { Properties = new() { { Prop.AuthenticationMethod, "none-such" } } }, BadMethod);
        await door.RefusesAsync(5, Bits.Frame(0xF0, [0x19], new Props { { Prop.AuthenticationMethod, "none-such" } }.Bytes()), ProtocolError);
        await door.RefusesAsync(5, [0xF0, 0], ProtocolError);
    }

    [Fact]
    [Normative("3.1.2-29")]
    public async Task Without_request_problem_information_reasons_are_codes_only()
    {
        foreach (var wanted in (bool[])[true, false])
        {
            var peer = await door.ConnectAsync(5, c => wanted ? c : c with { Properties = new() { { Prop.RequestProblemInformation, 0 } } });
            var refused = (await peer.PublishAsync("fleet/v1/T/nonsense", "{}", 1))!;
            Assert.Equal((0x90, wanted), (refused.Reason, refused.Properties.Text(Prop.ReasonString) is not null));
        }
    }

    [Fact]
    [Normative("3.1.2-28")]
    public async Task Response_information_comes_only_when_asked_for() =>
        Assert.Null((await door.ConnectAsync(new Connect(5))).ConnAck.Properties.Text(Prop.ResponseInformation));

    [Fact]
    public async Task At_3_1_every_session_has_a_name_and_the_flags_of_a_CONNECT_mean_nothing()
    {
        var connect = new Connect(3) { ProtocolName = "MQIsdp" };
        var flagged = connect.Bytes();
        flagged[0] = 0x14;
        await using var peer = await door.OpenAsync(3);
        await peer.SendAsync(flagged);
        await peer.ExpectAsync("CONNACK 0x00");
        foreach (var isClean in (bool[])[true, false])
            Assert.Equal("CONNACK 0x02", (await door.AnswerAsync(connect with { ClientId = "", Clean = isClean })).ToString());
    }

    [Fact]
    [Normative("3.1.2-24")]
    public async Task A_client_that_takes_no_CONNACK_is_closed_without_one_and_leaves_no_will()
    {
        var (watcher, topic) = (await door.ConnectAsync(5), Names.New("tiny"));
        await watcher.SubscribeAsync(topic);
        Assert.Equal("closed", (await door.AnswerAsync(new Connect(5) { Will = new(topic), Properties = new() { { Prop.MaximumPacketSize, 2 } } })).ToString());
        await watcher.HearsNothingAsync();
    }

    [Fact]
    public async Task Before_its_CONNECT_a_peer_has_16_KiB_and_no_other_packet()
    {
        byte[][] heads = [[0x10, 0x81, 0x80, 0x01], [0x30, 0x02], [0xC0, 0x00], [0x30, 0xFF, 0xFF, 0xFF, 0x7F]]; // closed at their lengths, before any byte of the rest
        foreach (var head in heads)
        {
            await using var peer = await door.OpenAsync(4);
            await peer.SendAsync(head);
            await peer.ExpectAsync("closed");
        }
        await door.ConnectAsync(4, c => c with { Will = new("large", new string('x', 15_000)) });
    }
}
