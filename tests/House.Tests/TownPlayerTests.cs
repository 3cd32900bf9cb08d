using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;
using Fleet.Host;
using Fleet.Simulator;
using Fleet.Simulator.Shops;
using Fleet.Simulator.Terminals;

namespace Fleet.House_Tests;

/// <summary>The town of bench detect as it speaks over MQTT: what it says is what the bench hears, and its registry is one.</summary>
public sealed class TownPlayerTests
{
    private const long StartMs = 1_772_409_600_000; // 2026-03-02, a Monday
    private const int Minute = 60_000;

    private readonly BelievableFleet _town = new(terminals: 300, days: 3, StartMs, seed: 11);

    [Fact]
    public void What_it_says_is_read_back_as_the_readings_it_has()
    {
        var (reader, terminal, spoken) = (new ReportReader(), _town.Terminal(5), 0);
        var player = new TownPlayer(_town.Terminal(5));
        for (var atMs = StartMs; atMs < _town.EndMs; atMs += Minute)
        {
            ref readonly var now = ref terminal.Advance(atMs);
            var messages = player.Advance(At(atMs), TimeSpan.FromMinutes(1), out var isCut);
            Assert.Equal(now.IsSilent || now.Reconnected, isCut);
            if (now.IsSilent || now.ReceivedAtMs > atMs + 1000) continue;
            var message = messages[^1];
            Assert.Equal("fleet/v1/S000005/report", message.Topic);
            Assert.Equal(Refusal.None, reader.Read(message.Payload, "S000005", Section.Report, now.ReceivedAtMs, 1, out var report));
            Assert.Equal((now.AtMs, now.Seq, now.Approved, now.Swipe.Failed, now.Declined91),
                (report!.AtMs, report.Seq, report.Payment!.Approved, report.Reader!.Swipe!.Failed, report.Payment.Declined!.Single(code => code.Code == "91").Count));
            Assert.Equal((now.Iccid, now.App, now.OnMains, now.Tamper), (report.Signal!.Iccid, report.System!.App, report.Power!.Source == PowerSource.Mains, report.Security!.Tamper!.Value));
            spoken++;
        }
        Assert.True(spoken > 1000);
    }

    [Fact]
    public void Nothing_is_said_in_a_silence_and_what_was_stored_comes_when_the_link_is_back()
    {
        var stored = _town.Truths.First(truth => truth.Ailment == Ailment.StoredReports);
        var player = new TownPlayer(_town.Terminal(stored.Terminals[0]));
        var (during, atOnce) = (0, new List<OutgoingMessage>());
        for (var atMs = StartMs; atMs <= stored.ToMs + Minute; atMs += Minute)
        {
            var messages = player.Advance(At(atMs), TimeSpan.FromMinutes(1), out _);
            if (atMs >= stored.FromMs && atMs < stored.ToMs) during += messages.Count;
            else if (atMs >= stored.ToMs && atOnce.Count == 0) atOnce.AddRange(messages);
        }
        Assert.Equal(0, during);
        Assert.True(atOnce.Count >= 3); // two minutes' worth, and its own
        Assert.Equal(atOnce.OrderBy(message => message.At).Select(message => message.At), atOnce.Select(message => message.At));
    }

    [Fact]
    public void Its_registry_can_be_imported_and_tells_its_hours()
    {
        var terminals = RegistryCsv.Read(TownRegistry.Csv(_town, "secret").Split('\n'));
        Assert.Equal(_town.Terminals, terminals.Count);
        Assert.All(terminals, row => Assert.Equal("secret", row.Password));
        for (var index = 0; index < _town.Terminals; index++)
        {
            var (row, shop) = (terminals[index].Terminal, _town.ShopOf(index));
            Assert.True(OpeningHours.TryRead(row.Hours!, out var hours, out _));
            var inUtc = hours.HoursInUtc(StartMs, TimeZoneInfo.FindSystemTimeZoneById(row.TimeZone!));
            Assert.Equal(Enumerable.Range(0, 168).Select(hour => shop.IsOpen(StartMs + (hour * 60L * Minute))), inUtc);
        }
    }

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
