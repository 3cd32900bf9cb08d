using System.Diagnostics;

namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>Keep Alive (3.1.2.10) and PINGREQ.</summary>
public sealed class KeepAliveTests(Door door)
{
    [Theory, Versions]
    [Normative("3.12.4-1", "3.12.4-1")]
    public async Task PINGREQ_is_answered(int version)
    {
        var peer = await door.ConnectAsync(version);
        for (var i = 0; i < 3; i++) await peer.SendAsync(0xC0, 0);
        for (var i = 0; i < 3; i++) await peer.ExpectAsync("PINGRESP");
    }

    [Theory, Versions]
    [Normative("3.1.2-22 3.1.2-8", "3.1.2-24 3.1.2-8")]
    public async Task Silence_of_one_and_a_half_keep_alives_ends_the_connection_and_leaves_the_will(int version)
    {
        var (heir, topic) = (await door.ConnectAsync(version), Names.New("silent"));
        await heir.SubscribeAsync(topic);
        var sleeper = await door.ConnectAsync(version, c => c with { KeepAliveSeconds = 1, Will = new(topic) });
        var began = Stopwatch.GetTimestamp();
        await sleeper.RefusedAsync(0x8D);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 1.4, 3.5);
        await heir.ExpectAsync($"PUBLISH {topic} 'gone' qos0");
    }

    [Theory, Versions]
    [Normative("3.1.2-22", "3.1.2-24")]
    public async Task Any_packet_is_a_sign_of_life_and_keep_alive_0_wants_none(int version)
    {
        var quiet = await door.ConnectAsync(version);
        var pings = await door.ConnectAsync(version, c => c with { KeepAliveSeconds = 1 });
        var publishes = await door.ConnectAsync(version, c => c with { KeepAliveSeconds = 1 });
        for (var i = 1; i <= 4; i++)
        {
            await Task.Delay(800);
            await pings.SendAsync(0xC0, 0);
            await pings.ExpectAsync("PINGRESP");
            await publishes.PublishAsync("alive", "x", i % 2);
        }
        await publishes.HearsNothingAsync();
        await quiet.HearsNothingAsync();
    }

    [Theory, Versions]
    [Normative("3.1.2-22", "3.1.2-24")]
    public async Task Half_a_packet_is_no_sign_of_life(int version)
    {
        var peer = await door.ConnectAsync(version, c => c with { KeepAliveSeconds = 1 });
        var dribbling = Task.Run(async () =>
        {
            try
            {
                await peer.SendAsync(0x30, 0x7F);
                for (var i = 0; i < 20; i++, await Task.Delay(200)) await peer.SendAsync(0);
            }
            catch (System.Net.Sockets.SocketException) { } // closed, as it must
        });
        await peer.RefusedAsync(0x8D);
        await dribbling;
    }
}
