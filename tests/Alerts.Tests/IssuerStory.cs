using Fleet.Alerts.Book;
using Fleet.Alerts.Neighbours;
using Fleet.Grains;
using Fleet.Grains.Neighbours;
using Fleet.Store;
using Fleet.Tests;

namespace Fleet.Alerts.Tests;

public sealed class IssuerOnSqlite : IssuerStory
{
    protected override Task<IStore> OpenStoreAsync() => Task.FromResult<IStore>(new SqliteStore());
}

public sealed class IssuerOnPostgres(PostgresServer server) : IssuerStory
{
    protected override async Task<IStore> OpenStoreAsync() => new PostgresStore(await server.CreateDatabaseAsync());
}

/// <summary>L1 to L9 are shops of one terminal each.</summary>
public abstract class IssuerStory : OnAStore
{
    private const string Bank = "issuer:unnamed";

    [Fact]
    public async Task A_bank_that_is_down_is_one_message_to_each_merchant()
    {
        await using var room = await OpenAsync();
        var raised = room.NowMs;
        for (var i = 1; i <= 6; i++) await DeclinesAsync(room, $"L{i}", "91");
        await room.PassAsync(10);
        Assert.Empty(room.Pushes.Parcels);
        await room.Book.PostAsync(new(Bank, "declines", FindingKind.Raised, raised, room.NowMs, [new("membersDown", 6)]));
        await room.Book.DrainAsync();
        await room.PassAsync(600);
        Assert.Equal(Enumerable.Range(1, 6).Select(i => $"{Bank} to M-L{i}"), room.Pushes.Parcels.Select(p => $"{p.Notice.Alert.Subject} to {p.Recipient}").Order(StringComparer.Ordinal));
        await DeclinesAsync(room, "L7", "91");
        await room.PassAsync(600);
        Assert.Equal($"{Bank} to M-L7", room.Pushes.Parcels.Skip(6).Select(p => $"{p.Notice.Alert.Subject} to {p.Recipient}").Single());
        Assert.Equal(10, room.Get<IMembers>().CountOf(Bank));
    }

    [Fact]
    public async Task Declines_for_other_reasons_wait_for_nobody_and_are_not_the_banks()
    {
        await using var room = await OpenAsync();
        var raised = room.NowMs;
        await room.Book.PostAsync(new(Bank, "declines", FindingKind.Raised, raised, room.NowMs, [new("membersDown", 6)]));
        await DeclinesAsync(room, "L1", "51");
        await DeclinesAsync(room, "L2", "55, 91");
        await room.PassAsync(0);
        Assert.Equal([$"{Bank} to M-L2", "L1 to M-L1"], room.Pushes.Parcels.Select(p => $"{p.Notice.Alert.Subject} to {p.Recipient}").Order(StringComparer.Ordinal).OrderBy(p => p[0] == 'L'));
        Assert.Equal(["L2 declines"], (await room.Get<IMembers>().OpenAsync(Bank, default)).Where(c => c.Member != Bank).Select(c => $"{c.Member} {c.Fault}"));
    }

    [Fact]
    public async Task A_lone_terminal_whose_bank_is_down_is_told_after_a_minute()
    {
        await using var room = await OpenAsync();
        await DeclinesAsync(room, "L1", "91");
        await room.PassAsync(59);
        Assert.Empty(room.Pushes.Parcels);
        await room.PassAsync(1);
        Assert.Equal("L1", Assert.Single(room.Pushes.Parcels).Notice.Alert.Subject);
    }

    private async Task<Room> OpenAsync()
    {
        var room = await Room.OpenAsync(Database);
        await room.Get<Registry>().ImportAsync([.. Enumerable.Range(1, 9).Select(i => Room.Registered($"L{i}", $"S-L{i}", $"M-L{i}"))]);
        return room;
    }

    private static async Task DeclinesAsync(Room room, string serial, string codes)
    {
        await room.Book.PostAsync(new(serial, "declines", FindingKind.Raised, room.NowMs, room.NowMs, [new("code", Text: codes[^2..]), new("codes", Text: codes)]));
        await room.Book.DrainAsync();
    }
}
