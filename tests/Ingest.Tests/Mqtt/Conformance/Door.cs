using System.Globalization;
using Fleet.Ingest_Tests.Mqtt.Conformance;

[assembly: AssemblyFixture(typeof(Door))]

namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>The front door as a general broker for everybody, shared by all conformance tests and opened by the first.</summary>
public sealed class Door : IAsyncLifetime
{
    private readonly Lazy<Task<FleetHost>> _host = new(async () =>
    {
        var host = new FleetHost(null, "--Mqtt:AllowAnonymous=true", "--Mqtt:Topics=any");
        await host.InitializeAsync();
        return host;
    });

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        if (_host.IsValueCreated) await (await _host.Value).DisposeAsync();
    }

    /// <summary>Ours, or another broker's to hold these tests themselves against.</summary>
    internal async Task<int> PortAsync() =>
        Environment.GetEnvironmentVariable("CONFORMANCE_PORT") is { } other ? int.Parse(other, CultureInfo.InvariantCulture) : (await _host.Value).Port;

    /// <summary>A connection on which nothing was sent yet.</summary>
    internal async Task<Peer> OpenAsync(int version) => await Peer.OpenAsync(await PortAsync(), version);

    /// <summary>A client whose CONNECT was accepted.</summary>
    internal async Task<Peer> ConnectAsync(int version, Func<Connect, Connect>? with = null) => (await ConnectAsync((with ?? (c => c))(new(version)))).Peer;

    /// <summary>A client whose CONNECT was accepted, and its CONNACK.</summary>
    internal async Task<(Peer Peer, Packet ConnAck)> ConnectAsync(Connect connect)
    {
        var peer = await OpenAsync(connect.Version);
        await peer.SendAsync(connect.Bytes());
        var answer = await peer.NextAsync();
        Assert.StartsWith("CONNACK 0x00", answer.ToString(), StringComparison.Ordinal);
        return (peer, answer);
    }

    /// <summary>A CONNECT is refused, at 5.0 for one of these reasons.</summary>
    internal async Task RefusesAsync(Connect connect, params byte[] reasons)
    {
        await using var peer = await OpenAsync(connect.Version);
        await peer.SendAsync(connect.Bytes());
        await peer.ConnectRefusedAsync(reasons);
    }

    /// <summary>A client at 5.0 sends this and is refused for one of these reasons, one at 3.1.1 is closed.</summary>
    internal async Task RefusesAsync(int version, byte[] packet, params byte[] reasons)
    {
        await using var peer = await ConnectAsync(version);
        await peer.SendAsync(packet);
        await peer.RefusedAsync(reasons);
    }

    /// <summary>What a CONNECT is answered with, the first packet or the close.</summary>
    internal async Task<Packet> AnswerAsync(Connect connect)
    {
        await using var peer = await OpenAsync(connect.Version);
        await peer.SendAsync(connect.Bytes());
        return await peer.NextAsync();
    }
}
