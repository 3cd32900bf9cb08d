using Fleet.House_Tests.Cluster;
using Fleet.House_Tests.Running;
using Fleet.Tests.Shared;

namespace Fleet.House_Tests;

/// <summary>One node on SQLite, killed again and again in the middle of its work: nothing is lost, nothing doubled.</summary>
[Collection(nameof(Alone))]
public sealed class KillTests
{
    private const int Kills = 10; // ./fleet bench kill has a hundred

    [Fact]
    public async Task Ten_kills_lose_nothing_and_double_nothing()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        CarefulFleet.Say($"seed {seed}");
        var began = TimeProvider.System.GetTimestamp();
        await using var server = await FleetProcess.StartAsync(
            "--Mqtt:AllowAnonymous=true", "--Influx:Api=none", "--Journal:Checkpoint=00:00:00.3"); // kills fall into checkpoints, too
        await using var fleet = new CarefulFleet(100, TimeSpan.FromMilliseconds(100), server.MqttPort);
        for (var kill = 1; kill <= Kills; kill++)
        {
            if (kill == Kills / 3) fleet.RunOutOfPaper(PaperTrouble.Out);
            if (kill == Kills * 2 / 3) fleet.RunOutOfPaper(PaperTrouble.OutAndChanged);
            // A number of messages is a moment, too: any load of the machine leaves as many behind.
            var until = fleet.Acknowledged + random.Next(2000);
            await Eventually.EqualAsync(true, () => Task.FromResult(fleet.Acknowledged >= until), TimeSpan.FromSeconds(60));
            await server.KillAsync();
            await server.StartAsync();
        }
        await fleet.GoOnAsync(15);
        await fleet.EndAsync();
        await fleet.IsCompleteAsync(server.Api);
        await fleet.HasOneAlertEachAsync(server.Api);
        CarefulFleet.Say($"{Kills} kills in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:N0} s");
    }
}
