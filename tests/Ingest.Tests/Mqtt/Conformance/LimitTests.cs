namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>What the server sets itself: how much waits for who is away, how long a session and a silence may be, and what it says when it goes.</summary>
public sealed class LimitTests : IAsyncLifetime
{
    private const byte ShuttingDown = 0x8B;
    private readonly FleetHost _host = new(null, "--Mqtt:AllowAnonymous=true", "--Mqtt:Topics=any",
        "--Mqtt:MaxQueuedPerClient=5", "--Mqtt:MaxQueuedBytesPerClient=4096", "--Mqtt:MaxSessionExpiry=00:00:02", "--Mqtt:MaxKeepAlive=00:00:01");

    public ValueTask InitializeAsync() => _host.InitializeAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    [Normative("3.1.2-5 3.1.2-21 3.1.2-22 3.1.2-23 3.2.2-21 3.14.2-1", "3.1.2-5")]
    public async Task Limits_hold_and_are_told()
    {
        var door = new Door(_host);
        var writer = await door.ConnectAsync(4);

        // The oldest make room for the newest, by number and by bytes.
        var (away, topic) = (new Connect(5).Kept(), Names.New("queue"));
        var (reader, answer) = await door.ConnectAsync(away);
        Assert.Equal(2u, answer.Properties.Number(Prop.SessionExpiry));
        await reader.SubscribeAsync(topic, 1);
        await reader.DisconnectAsync();
        for (var i = 1; i <= 8; i++) await writer.PublishAsync(topic, $"{i}", 1);
        (reader, _) = await door.ConnectAsync(away);
        Assert.Equal(Enumerable.Range(4, 5).Select(i => $"PUBLISH {topic} '{i}' qos1"), await reader.MessagesAsync(5));
        await reader.HearsNothingAsync();
        await reader.DisconnectAsync();
        for (var i = 1; i <= 3; i++) await writer.PublishAsync(topic, new($"{i}"[0], 2000), 1);
        (reader, _) = await door.ConnectAsync(away);
        Assert.Equal(["2", "3"], (await reader.MessagesAsync(2)).Select(m => $"{m[^10]}"));
        await reader.HearsNothingAsync();

        // A session without an end of its own has the server's.
        var forever = new Connect(4).Kept();
        await (await door.ConnectAsync(forever)).Peer.DisconnectAsync();
        Assert.Equal("CONNACK 0x00 present", (await door.AnswerAsync(forever)).ToString());
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.Equal("CONNACK 0x00", (await door.AnswerAsync(forever)).ToString());

        // A keep-alive that is too long is shortened.
        var (sleeper, told) = await door.ConnectAsync(new Connect(5) { KeepAliveSeconds = 120 });
        Assert.Equal(1u, told.Properties.Number(Prop.ServerKeepAlive));
        await sleeper.RefusedAsync(0x8D);

        var (last, _) = await door.ConnectAsync(new Connect(5) { KeepAliveSeconds = 1 });
        var stopping = _host.StopAsync();
        await last.RefusedAsync(ShuttingDown);
        await stopping;
    }
}
