using System.Net;
using System.Net.Sockets;
using Fleet.House_Tests.Running;

namespace Fleet.House_Tests;

/// <summary>A port that somebody else has is said by its setting, and nothing else is said.</summary>
public sealed class TakenPortTests
{
    [Theory]
    [InlineData("Mqtt:Port", "--Mqtt:Port={0}")]
    [InlineData("Http:Urls", "--Http:Urls=http://127.0.0.1:{0}")]
    public async Task A_taken_port_is_one_line_and_exit_code_2(string setting, string argument)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => FleetProcess.StartAsync("--Influx:Api=none", string.Format(null, argument, port)));

        Assert.Contains("ended with 2", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"fleet: {setting} is 127.0.0.1:{port}, which cannot be listened on: ", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(" fail: ", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", failure.Message, StringComparison.Ordinal);
    }
}
