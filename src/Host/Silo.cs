using System.Net;
using System.Net.Sockets;
using Fleet.Grains.Terminals;
using Fleet.Ingest.Pump;
using Fleet.Store;
using Orleans.Configuration;
using Orleans.Metadata;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Fleet.Host;

/// <summary>Settings <c>Cluster:*</c> of the silo; the journal's are <see cref="NodeOptions"/>.</summary>
internal sealed class SiloOptions
{
    /// <summary>The address other silos reach this one at.</summary>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>The port between silos; 0 takes a free one.</summary>
    public int SiloPort { get; set; }
}

/// <summary>The Orleans silo in this process: alone, or with PostgreSQL as the store one of several.</summary>
internal static class Silo
{
    public static void AddSilo(this WebApplicationBuilder builder)
    {
        var settings = builder.Configuration.GetSection("Cluster").Get<SiloOptions>() ?? new();
        if (!IPAddress.TryParse(settings.Address, out var address)) throw new SettingsException($"Cluster:Address is '{settings.Address}', which is no IP address");
        var port = settings.SiloPort == 0 ? FreePort(address) : settings.SiloPort;
        builder.UseOrleans(silo =>
        {
            if (Settings.ConnectionString(builder.Configuration) is { } postgres) JoinOthers(silo, postgres, address, port);
            else BeAlone(silo, port);
            // Terminals of this process are applied to in place, which Orleans does not see: of a silo of several an
            // activation ends after a day, with a write of its state, and comes back with its terminal's next report, for a
            // fraction of a millisecond and where its terminal is connected by then.
            silo.Configure<GrainCollectionOptions>(o => o.CollectionAge = TimeSpan.FromDays(1));
            silo.Services.AddPlacementDirector<OnKeyedSilo, OnKeyedSiloDirector>();
        });
    }

    private static void BeAlone(ISiloBuilder silo, int port)
    {
        silo.UseLocalhostClustering(port, gatewayPort: 0, serviceId: "fleet", clusterId: "fleet");
        // Where each grain lives is in this process's own directory: a cache of it would hold some 170 bytes a terminal.
        silo.Configure<GrainDirectoryOptions>(o => o.CachingStrategy = GrainDirectoryOptions.CachingStrategyType.None);
        silo.Services.AddSingleton<IGrainPropertiesProvider, TerminalsStay>();
        silo.Services.AddPlacementDirector<AtHome, AtHomeDirector>();
    }

    /// <summary>
    /// Where there is nowhere else to live no terminal's activation ends, and none is in a directory: Orleans would keep
    /// some 250 bytes for each, to know how long it has idled, and some 110, to know where it lives.
    /// </summary>
    private sealed class TerminalsStay : IGrainPropertiesProvider
    {
        public void Populate(Type grainClass, GrainType grainType, Dictionary<string, string> properties)
        {
            if (grainClass != typeof(TerminalGrain)) return;
            properties[WellKnownGrainTypeProperties.IdleDeactivationPeriod] = WellKnownGrainTypeProperties.IndefiniteIdleDeactivationPeriodValue;
            properties[WellKnownGrainTypeProperties.PlacementStrategy] = nameof(AtHome);
        }
    }

    [GenerateSerializer, Immutable]
    internal sealed class AtHome : PlacementStrategy
    {
        /// <summary>The silo's own table of its activations says enough.</summary>
        public override bool IsUsingGrainDirectory => false;
    }

    private sealed class AtHomeDirector : IPlacementDirector
    {
        public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) => Task.FromResult(context.LocalSilo);
    }

    private static void JoinOthers(ISiloBuilder silo, string postgres, IPAddress address, int port)
    {
        // A pool of its own, and a small one: membership is a statement now and then.
        var membership = Database.Settings(postgres);
        (membership.MaxPoolSize, membership.ApplicationName) = (4, "fleet-membership");
        silo.UseAdoNetClustering(o => (o.Invariant, o.ConnectionString) = ("Npgsql", membership.ConnectionString));
        silo.Configure<ClusterOptions>(o => (o.ServiceId, o.ClusterId) = ("fleet", "fleet"));
        silo.ConfigureEndpoints(address, port, gatewayPort: 0);
        silo.Configure<ClusterMembershipOptions>(o =>
        {
            o.ProbeTimeout = TimeSpan.FromSeconds(1);
            o.NumMissedProbesLimit = 2;
            o.TableRefreshTimeout = TimeSpan.FromSeconds(5);
            // Silos that all fell together left their rows behind: who comes back waits for their ghosts 3 times 2 s, not
            // 2 times 30 s.
            o.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(2);
            o.NumMissedTableIAmAliveLimit = 3;
        });
        silo.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromSeconds(10));
    }

    private static int FreePort(IPAddress address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
