using Fleet.House_Tests.Cluster;
using Fleet.House_Tests.Running;
using Fleet.Tests;
using Fleet.Tests.Shared;

namespace Fleet.House_Tests;

/// <summary>The whole server on a disk that runs full under load: it says so, loses nothing, and goes on by itself when there is room.</summary>
[Collection(nameof(Alone))]
public sealed class FullDiskTests
{
    [Fact]
    public async Task A_full_disk_is_said_and_survived()
    {
        using var disk = SmallDisk.Mount(mebibytes: 48);
        await using var server = await FleetProcess.StartAsync(
            "--Mqtt:AllowAnonymous=true", "--Influx:Api=none", $"--Data:Path={disk.Folder}/data", $"--Journal:SpareBytes={8 * 1024 * 1024}", "--Journal:Checkpoint=00:00:01");
        await using var fleet = new CarefulFleet(50, TimeSpan.FromMilliseconds(100), server.MqttPort);
        await fleet.GoOnAsync(10);
        fleet.RunOutOfPaper(PaperTrouble.Out);
        disk.FillBut(4 * 1024 * 1024); // enough for what is under way, too little for more
        await IsSaidAsync(server, "Journal:SpareBytes");
        fleet.RunOutOfPaper(PaperTrouble.OutAndChanged);
        disk.FillBut(0); // the last bytes are gone as well: nobody can write anything
        await IsSaidAsync(server, "disk");
        await server.KillAsync(); // a full disk is the likeliest moment for somebody to pull the plug
        disk.MakeRoom();
        await server.StartAsync();
        await fleet.GoOnAsync(5);
        disk.FillBut(0);
        await IsSaidAsync(server, "disk");
        disk.MakeRoom();
        await fleet.GoOnAsync(15);
        await fleet.EndAsync();
        await fleet.IsCompleteAsync(server.Api);
        await fleet.HasOneAlertEachAsync(server.Api);
        await Eventually.EqualAsync(true, server.Api.IsReadyAsync);
    }

    private static async Task IsSaidAsync(FleetProcess server, string what)
    {
        var said = await Eventually.ReachAsync(server.Api.JournalDetailAsync, detail => detail?.Contains(what, StringComparison.Ordinal) == true);
        Assert.Contains(what, said, StringComparison.Ordinal);
        Assert.False(await server.Api.IsReadyAsync());
    }
}
