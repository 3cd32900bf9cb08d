namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>What is kept of a client while it is away, and for how long (3.1.2.4, 3.1.2.11.2, 4.1).</summary>
public sealed class SessionTests(Door door)
{
    private const uint Forever = 0xFFFFFFFF;

    [Theory, Versions]
    [Normative("3.1.2-6 3.2.2-3", "3.1.2-6 3.2.2-3")]
    public async Task A_client_that_was_not_here_finds_no_session(int version)
    {
        var (peer, answer) = await door.ConnectAsync(new Connect(version).Kept());
        Assert.Equal("CONNACK 0x00", answer.ToString());
        await peer.DisconnectAsync();
    }

    [Theory, Versions]
    [Normative("3.1.2-5 3.2.2-3", "3.1.2-4 3.2.2-2 4.1.0-1")]
    public async Task A_kept_session_is_present_when_its_client_returns_and_has_its_subscriptions(int version)
    {
        var (connect, topic) = (new Connect(version).Kept(), Names.New("kept"));
        var (first, _) = await door.ConnectAsync(connect);
        await first.SubscribeAsync(topic, 1);
        await first.DisconnectAsync();
        var (again, answer) = await door.ConnectAsync(connect);
        Assert.Equal("CONNACK 0x00 present", answer.ToString());
        await again.PublishAsync(topic, "x", 1);
        await again.ExpectAsync($"PUBLISH {topic} 'x' qos1");
    }

    [Theory, Versions]
    [Normative("3.1.2-4 3.2.2-2", "3.1.2-6 3.2.2-1")]
    public async Task A_clean_start_discards_the_session_that_was(int version)
    {
        var (connect, topic) = (new Connect(version).Kept(), Names.New("clean"));
        var (first, _) = await door.ConnectAsync(connect);
        await first.SubscribeAsync(topic, 1);
        await first.DisconnectAsync();
        var (clean, answer) = await door.ConnectAsync(connect with { Clean = true });
        Assert.Equal("CONNACK 0x00", answer.ToString());
        await clean.PublishAsync(topic, "x", 1);
        await clean.HearsNothingAsync();
    }

    [Theory, Versions]
    [Normative("3.1.2-23", "3.1.2-6")]
    public async Task A_session_that_is_not_to_be_kept_ends_with_its_connection(int version)
    {
        var connect = new Connect(version) { Clean = version == 4 };
        var (first, _) = await door.ConnectAsync(connect);
        await first.SubscribeAsync("any", 1);
        await first.DisconnectAsync();
        Assert.Equal("CONNACK 0x00", (await door.AnswerAsync(connect with { Clean = false })).ToString());
    }

    [Theory, Versions]
    [Normative("3.1.2-5 4.4.0-1", "3.1.2-5")]
    public async Task Messages_wait_for_a_client_that_is_away_in_their_order(int version)
    {
        var (connect, topic) = (new Connect(version).Kept(), Names.New("away"));
        var (reader, _) = await door.ConnectAsync(connect);
        await reader.SubscribeAsync($"{topic}/#", 2);
        await reader.DisconnectAsync();
        var writer = await door.ConnectAsync(version);
        for (var i = 1; i <= 6; i++) await writer.PublishAsync($"{topic}/{i % 2}", $"{i}", 1 + (i % 2));
        (reader, _) = await door.ConnectAsync(connect);
        Assert.Equal(Enumerable.Range(1, 6).Select(i => $"PUBLISH {topic}/{i % 2} '{i}' qos{1 + (i % 2)}"), await reader.MessagesAsync(6));
        await reader.HearsNothingAsync();
    }

    [Theory, Versions]
    [Normative("3.1.4-3", "3.1.4-2")]
    public async Task A_second_connection_takes_over_and_the_first_is_told_and_closed(int version)
    {
        var connect = new Connect(version).Kept();
        var (first, _) = await door.ConnectAsync(connect);
        var topic = Names.New("takeover");
        await first.SubscribeAsync(topic, 1);
        var (second, answer) = await door.ConnectAsync(connect);
        Assert.Equal("CONNACK 0x00 present", answer.ToString());
        await first.RefusedAsync(0x8E);
        await second.PublishAsync(topic, "x", 1);
        await second.ExpectAsync($"PUBLISH {topic} 'x' qos1");
    }

    [Theory, Versions]
    [Normative("3.1.4-3 3.1.4-4", "3.1.4-2")]
    public async Task A_takeover_with_clean_start_leaves_nothing_of_the_first(int version)
    {
        var connect = new Connect(version).Kept();
        var (first, _) = await door.ConnectAsync(connect);
        var topic = Names.New("takeover");
        await first.SubscribeAsync(topic, 1);
        var (second, answer) = await door.ConnectAsync(connect with { Clean = true });
        Assert.Equal("CONNACK 0x00", answer.ToString());
        await first.RefusedAsync(0x8E);
        await second.PublishAsync(topic, "x", 1);
        await second.HearsNothingAsync();
    }

    [Fact]
    [Normative("3.1.2-23")]
    public async Task A_session_lives_as_long_as_its_expiry_interval_says()
    {
        var shortLived = new Connect(5).Kept(seconds: 1);
        var forever = new Connect(5).Kept(Forever);
        foreach (var connect in (Connect[])[shortLived, forever]) await (await door.ConnectAsync(connect)).Peer.DisconnectAsync();
        var (soon, present) = await door.ConnectAsync(shortLived);
        Assert.Equal("CONNACK 0x00 present", present.ToString());
        await soon.DisconnectAsync();
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.Equal("CONNACK 0x00", (await door.AnswerAsync(shortLived)).ToString());
        Assert.Equal("CONNACK 0x00 present", (await door.AnswerAsync(forever)).ToString());
    }

    [Fact]
    [Normative("3.1.2-23")]
    public async Task The_expiry_counts_from_the_close_whether_or_not_there_was_a_DISCONNECT()
    {
        var connect = new Connect(5).Kept(seconds: 1);
        var (peer, _) = await door.ConnectAsync(connect);
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        peer.Break();
        Assert.Equal("CONNACK 0x00 present", (await door.AnswerAsync(connect)).ToString());
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.Equal("CONNACK 0x00", (await door.AnswerAsync(connect)).ToString());
    }

    [Fact]
    [Normative("3.1.2-23 3.14.2-2")]
    public async Task A_DISCONNECT_may_change_the_expiry_interval()
    {
        var (ended, prolonged) = (new Connect(5).Kept(), new Connect(5).Kept(seconds: 1));
        await (await door.ConnectAsync(ended)).Peer.DisconnectAsync(0, new() { { Prop.SessionExpiry, 0 } });
        await (await door.ConnectAsync(prolonged)).Peer.DisconnectAsync(0, new() { { Prop.SessionExpiry, 60 } });
        Assert.Equal("CONNACK 0x00", (await door.AnswerAsync(ended)).ToString());
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.Equal("CONNACK 0x00 present", (await door.AnswerAsync(prolonged)).ToString());
    }

    [Fact]
    [Normative("3.14.2-2")]
    public async Task A_session_of_no_duration_cannot_be_prolonged_by_DISCONNECT()
    {
        var peer = await door.ConnectAsync(5);
        await peer.SendAsync(Bits.Frame(0xE0, [0], new Props { { Prop.SessionExpiry, 60 } }.Bytes()));
        await peer.RefusedAsync(0x82);
    }

    [Fact]
    [Normative("3.1.2-23")]
    public async Task The_latest_CONNECT_says_how_long_the_session_is_kept()
    {
        var connect = new Connect(5).Kept();
        await (await door.ConnectAsync(connect)).Peer.DisconnectAsync();
        await (await door.ConnectAsync(connect with { Properties = [] })).Peer.DisconnectAsync();
        Assert.Equal("CONNACK 0x00", (await door.AnswerAsync(connect)).ToString());
    }

    [Fact]
    [Normative("4.1.0-1", "4.1.0-1")]
    public async Task A_session_is_one_whether_its_client_speaks_3_or_5()
    {
        var (at3, topic) = (new Connect(4).Kept(), Names.New("kept"));
        var (first, _) = await door.ConnectAsync(at3);
        await first.SubscribeAsync(topic, 1);
        await first.DisconnectAsync();
        var (again, answer) = await door.ConnectAsync(new Connect(5) { ClientId = at3.ClientId, Clean = false });
        Assert.Equal("CONNACK 0x00 present", answer.ToString());
        await again.PublishAsync(topic, "x", 1);
        await again.ExpectAsync($"PUBLISH {topic} 'x' qos1");
    }
}
