using Fleet.Tests.Shared;

[assembly: AssemblyFixture(typeof(Fleet.History.Tests.SharedInflux))]

namespace Fleet.History.Tests;

/// <summary>One InfluxDB for the tests that do not stop it.</summary>
public sealed class SharedInflux : IAsyncLifetime
{
    internal InfluxServer Server { get; } = new();

    public async ValueTask InitializeAsync() => await Server.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
