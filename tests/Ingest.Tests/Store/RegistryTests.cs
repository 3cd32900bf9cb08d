using Fleet.Store;
using Fleet.Tests;

namespace Fleet.Ingest_Tests.Store;

public sealed class RegistryOnSqlite() : RegistryTests(null);

public sealed class RegistryOnPostgres(PostgresServer server) : RegistryTests(server);

public abstract class RegistryTests(PostgresServer? postgres) : StoreTests(postgres)
{
    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Database.EnsureAsync(Tables.Registry);
    }

    [Fact]
    public async Task Opening_hours_and_regions_come_back_to_the_terminals_and_an_import_without_them_takes_them_away()
    {
        var (registry, shop) = (new Registry(Database), new RegisteredTerminal("T1", "M", "S", "A920", "46000", TimeZone: "Asia/Shanghai"));
        await registry.ImportAsync([shop with { Hours = "Mo-Fr 08:00-18:00" }, shop with { Serial = "T2", Hours = "Mo-Fr 08:00-18:00" }, shop with { Serial = "T3", Region = "Pudong" }]);
        var profiles = new RegistryProfiles(registry);
        Assert.Equal(("Mo-Fr 08:00-18:00", null), (profiles.Find("T1").Hours?.Text, profiles.Find("T3").Hours));
        Assert.Same(profiles.Find("T1").Hours, profiles.Find("T2").Hours); // a million shops hold few
        Assert.Equal((null, "Pudong"), (profiles.Find("T1").Region, profiles.Find("T3").Region));
        await registry.ImportAsync([shop, shop with { Serial = "T3" }]);
        Assert.Null(profiles.Find("T3").Region);
        Assert.Equal((null, true), (profiles.Find("T1").Hours, profiles.Find("T2").Hours is not null));
    }
}
