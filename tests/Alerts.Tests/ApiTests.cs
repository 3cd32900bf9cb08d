using System.Text.Json;
using Fleet.Alerts.Book;
using Fleet.Alerts.Dispatch;
using Fleet.Grains.Terminals;
using Fleet.Host.Api;
using Fleet.Store;

namespace Fleet.Alerts.Tests;

/// <summary>The parts of the HTTP API that need no server.</summary>
public sealed class ApiTests
{
    [Fact]
    public void A_terminal_in_JSON_has_the_members_the_design_names()
    {
        var heard = new TerminalView
        {
            Serial = "T-1", LastAtMs = 1_790_000_000_123, LastSeq = 42, LastReceivedAtMs = 1_790_000_000_500, Reports = 40, SeqSum = 820, Late = 1, Duplicates = 2, Connected = true,
            UsualPaymentsByHour = [0, 6.5], UsualAmountPerPayment = 1371,
        };
        var json = JsonSerializer.SerializeToElement(TerminalJson.Of("T-1", null, heard, ["offline"]), Wire.Json);
        Assert.Equal("""{"at":"2026-09-21T14:13:20.123Z","seq":42,"receivedAt":"2026-09-21T14:13:20.500Z"}""", json.GetProperty("lastReport").GetRawText());
        Assert.Equal((40, 820, 1, 2, true), (Number("reports"), Number("seqSum"), Number("late"), Number("duplicates"), json.GetProperty("connected").GetBoolean()));
        Assert.Equal("""["offline"]""", json.GetProperty("faults").GetRawText());
        Assert.Equal(("[0,6.5]", 1371), (json.GetProperty("usualPaymentsByHour").GetRawText(), Number("usualAmountPerPayment")));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("merchant").ValueKind);

        long Number(string name) => json.GetProperty(name).GetInt64();
    }

    [Fact]
    public void A_terminal_never_heard_has_no_last_report() =>
        Assert.Null(TerminalJson.Of("T-1", new("T-1", "M-1", "S-1", "A920", "46000"), null, []).LastReport);

    [Theory]
    [InlineData("0")]
    [InlineData("1001")]
    [InlineData("-1")]
    [InlineData("ten")]
    [InlineData("")]
    public void A_wrong_limit_is_named_with_its_value(string limit)
    {
        var asked = new Asked();
        asked.Limit(limit);
        Assert.Equal($"The query value limit is '{limit}', but must be a number from 1 to 1000.", asked.Refusal);
    }

    [Fact]
    public void The_first_wrong_query_value_is_the_one_that_is_told()
    {
        var asked = new Asked();
        Assert.Equal(AlertState.Open, asked.OneOf<AlertState>("state", "open"));
        Assert.Null(asked.Refusal);
        Assert.Null(asked.OneOf<TicketState>("state", "1"));
        Assert.Null(asked.Cursor("!"));
        Assert.Equal("The query value state is '1', but must be one of open, accepted, travelling, arrived, resolved, rejected, closed.", asked.Refusal);
    }

    [Fact]
    public async Task Terminals_are_listed_by_serial_and_a_reload_is_seen()
    {
        await using var store = new SqliteStore();
        await store.Database.EnsureAsync(Tables.Registry);
        var registry = new Registry(store.Database);
        var list = new TerminalList(registry);
        Assert.Empty(list.After(null));
        await registry.ImportAsync(new[] { "C", "A", "B" }.Select(serial => new RegisteredTerminal(serial, "M-1", "S-1", "A920", "46000")));
        Assert.Equal(["A", "B", "C"], list.After(null).Select(t => t.Serial));
        Assert.Equal(["C"], list.After("B").Select(t => t.Serial));
        Assert.Equal(["B", "C"], list.After("Aa").Select(t => t.Serial));
        Assert.Empty(list.After("C"));
    }
}
