using Fleet.Store;

namespace Fleet.Ingest_Tests.Store;

public sealed class DatabaseTests
{
    [Fact]
    public void The_house_adds_to_a_connection_string_only_what_it_does_not_say()
    {
        var plain = Database.Settings("Host=a,b;Target Session Attributes=primary");
        Assert.Equal((30, 1), (plain.MaxPoolSize, plain.HostRecheckSeconds));
        var said = Database.Settings("Host=a;Maximum Pool Size=7;Host Recheck Seconds=5;Options=-c a=b");
        Assert.Equal((7, 5, "-c a=b"), (said.MaxPoolSize, said.HostRecheckSeconds, said.Options));
    }
}
