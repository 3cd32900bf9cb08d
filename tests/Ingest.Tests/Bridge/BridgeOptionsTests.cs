using Fleet.Ingest;
using Fleet.Ingest.Bridge;

namespace Fleet.Ingest_Tests.Bridge;

/// <summary>Settings of the bridge that cannot be used say which and why.</summary>
public sealed class BridgeOptionsTests
{
    [Fact]
    public void A_broker_with_nothing_but_its_host_is_good() => Assert.Empty(Failures(new BrokerOptions { Host = "broker" }));

    [Fact]
    public void Each_slip_names_its_setting_and_its_value()
    {
        Assert.Equal(["Bridge:Brokers:0:Host is empty"], Failures(new BrokerOptions()));
        Assert.Equal(["Bridge:Brokers:0:Port is 70000; it must be from 1 to 65535"], Failures(new BrokerOptions { Host = "b", Port = 70000 }));
        Assert.Equal(["Bridge:Brokers:0:Version is '4'; it must be 5.0 or 3.1.1"], Failures(new BrokerOptions { Host = "b", Version = "4" }));
        Assert.Equal(["Bridge:Brokers:0:ShareGroup is 'a/b'; /, +, # and blanks may not be in it"], Failures(new BrokerOptions { Host = "b", ShareGroup = "a/b" }));
        Assert.Equal(["Bridge:Brokers:0:CaCertificate is 'ca.pem' while Tls is false"], Failures(new BrokerOptions { Host = "b", CaCertificate = "ca.pem" }));
        Assert.Equal(["Bridge:Brokers:0:CaCertificate is '/no/ca.pem', which is not there"], Failures(new BrokerOptions { Host = "b", Tls = true, CaCertificate = "/no/ca.pem" }));
        Assert.Equal(["Bridge:Brokers:0:Password is given while UserName is empty"], Failures(new BrokerOptions { Host = "b", Password = "p" }));
        Assert.Equal(["Bridge:Brokers:1 is the same session as Bridge:Brokers:0: give it another ClientId"], Failures(new BrokerOptions { Host = "b" }, new BrokerOptions { Host = "b" }));
        Assert.Equal(["Bridge:RetryFirst is 00:00:02, more than Bridge:RetryLongest, which is 00:00:01"],
            Of(new BridgeOptions { RetryFirst = TimeSpan.FromSeconds(2), RetryLongest = TimeSpan.FromSeconds(1) }));
    }

    [Fact]
    public async Task An_unknown_name_is_an_error()
    {
        var fleet = new FleetHost(null, "--Bridge:Brokers:0:Hots=broker");
        var error = await Assert.ThrowsAnyAsync<InvalidOperationException>(async () => await fleet.InitializeAsync());
        Assert.Contains("Hots", error.InnerException!.Message, StringComparison.Ordinal);
    }

    private static List<string> Failures(params BrokerOptions[] brokers) => Of(new BridgeOptions { Brokers = brokers });

    private static List<string> Of(BridgeOptions options) => [.. new RangeRules<BridgeOptions>("Bridge").Validate(null, options).Failures ?? []];
}
