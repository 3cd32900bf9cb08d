using System.Net;
using System.Net.Sockets;
using Fleet.Grains.Presence;
using Fleet.Grains.Terminals;
using Orleans.Configuration;
using Orleans.Runtime.Placement;

namespace Fleet.Host;

/// <summary>The Orleans silo in this process: alone with localhost clustering, or one of several over PostgreSQL.</summary>
internal static class Silo
{
    public static void AddSilo(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        var siloPort = configuration.GetValue("Cluster:SiloPort", 0);
        if (siloPort == 0) siloPort = FreePort();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort, gatewayPort: 0, serviceId: "fleet", clusterId: "fleet");
            silo.Configure<GrainCollectionOptions>(o => o.CollectionAge = TimeSpan.FromHours(2));
            silo.Services.AddPlacementDirector<OnKeyedSilo, OnKeyedSiloDirector>();
        });
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}

/// <summary>Keeps the presence shards alive: one that has fallen with its silo stands up elsewhere and takes its deadlines from the store.</summary>
internal sealed partial class PresenceWaker(IGrainFactory grains, TimeProvider time, ILogger<PresenceWaker> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, time);
        do
        {
            for (var shard = 0; shard < PresenceShards.Count; shard++)
            {
                try { await grains.GetGrain<IPresenceGrain>(shard).Wake(); }
                catch (Exception e) when (!stoppingToken.IsCancellationRequested) { LogNotAwake(e.Message, shard); }
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(5101, LogLevel.Warning, "Presence shard {Shard} did not answer: {Message}")]
    private partial void LogNotAwake(string message, int shard);
}
