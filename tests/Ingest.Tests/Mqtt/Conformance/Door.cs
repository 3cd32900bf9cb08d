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

    internal async Task<int> PortAsync() => (await _host.Value).Port;
    internal async Task<int> WebPortAsync() => (await _host.Value).WebPort;

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

    /// <summary>What a CONNECT is answered with, the first packet or the close.</summary>
    internal async Task<Packet> AnswerAsync(Connect connect)
    {
        await using var peer = await OpenAsync(connect.Version);
        await peer.SendAsync(connect.Bytes());
        return await peer.NextAsync();
    }
}
