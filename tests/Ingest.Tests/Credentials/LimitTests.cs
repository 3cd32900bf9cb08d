using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using Fleet.Ingest.Credentials;
using Fleet.Ingest.Mqtt;
using Fleet.Ingest_Tests.Mqtt;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MQTTnet;
using MQTTnet.Formatter;
using static MQTTnet.MqttClientConnectResultCode;

namespace Fleet.Ingest_Tests.Credentials;

/// <summary>Limits of addresses and serials: by real connections where there are some, by a clock of the test's own where it is about time.</summary>
public sealed class LimitTests
{
    private const string Here = "127.0.0.1", There = "127.0.0.2";

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task An_address_has_so_many_connections_open_and_another_has_its_own()
    {
        await using var fleet = await HostAsync("--Mqtt:ConnectionsPerAddress=2");
        var password = await fleet.Credentials.CreateAsync("L1");
        using var first = await ConnectedAsync(fleet, "L1", password);
        using var second = await ConnectedAsync(fleet, "L1", password);
        await Assert.ThrowsAnyAsync<Exception>(() => ConnectedAsync(fleet, "L1", password));
        using var elsewhere = await ConnectedAsync(fleet, "L1", password, There);
        await first.DisconnectAsync();
        await Some.Until(() => fleet.Services.GetRequiredService<Admission>() is var admission && Entered(admission), "the room that was left");
        using var next = await ConnectedAsync(fleet, "L1", password);

        static bool Entered(Admission admission)
        {
            if (!admission.TryEnter(IPAddress.Parse(Here))) return false;
            admission.Leave(IPAddress.Parse(Here));
            return true;
        }
    }

    [Fact]
    public async Task An_address_connects_so_often_with_a_burst_of_ten_seconds_worth()
    {
        await using var fleet = await HostAsync("--Mqtt:ConnectsPerSecondPerAddress=1");
        var let = 0;
        for (var isOpen = true; isOpen && let < 100; let += isOpen ? 1 : 0)
        {
            var password = await fleet.Credentials.CreateAsync($"L2-{let}");
            try { (await ConnectedAsync(fleet, $"L2-{let}", password)).Dispose(); }
            catch (Exception e) when (e is MQTTnet.Exceptions.MqttCommunicationException or OperationCanceledException) { isOpen = false; }
        }
        Assert.InRange(let, 10, 99);
        using var elsewhere = await ConnectedAsync(fleet, "L2", await fleet.Credentials.CreateAsync("L2"), There);
    }

    [Theory]
    [InlineData(MqttProtocolVersion.V311, ServerUnavailable)]
    [InlineData(MqttProtocolVersion.V500, ServerBusy)]
    public async Task A_terminal_logs_in_so_often_a_minute_and_strangers_do_not_use_that_up(MqttProtocolVersion version, MqttClientConnectResultCode refusal)
    {
        await using var fleet = await HostAsync("--Mqtt:ConnectsPerMinutePerSerial=3");
        var password = await fleet.Credentials.CreateAsync("L3");
        for (var i = 0; i < 3; i++) Assert.Equal(BadUserNameOrPassword, await AnswerAsync(fleet, "L3", "guess", There, version));
        for (var i = 0; i < 3; i++) Assert.Equal(Success, await AnswerAsync(fleet, "L3", password, version: version));
        Assert.Equal(refusal, await AnswerAsync(fleet, "L3", password, version: version));
        Assert.Equal(Success, await AnswerAsync(fleet, "L4", await fleet.Credentials.CreateAsync("L4"), version: version));
    }

    [Fact]
    public async Task A_flood_of_wrong_passwords_is_slowed_and_counted_and_the_right_one_comes_in_at_once()
    {
        await using var fleet = await HostAsync();
        var password = await fleet.Credentials.CreateAsync("L5");
        using var counted = new Counts();
        for (var i = 0; i < 9; i++) // the last of them waits for 3.2 s
            Assert.Equal(BadUserNameOrPassword, await AnswerAsync(fleet, "L5", "guess"));
        var clock = Stopwatch.StartNew();
        var tenth = AnswerAsync(fleet, "L5", "guess");
        await Some.Until(() => fleet.Services.GetRequiredService<WrongPasswords>().IsHeld(IPAddress.Parse(Here), "L5"), "the wait");

        var right = Stopwatch.StartNew();
        Assert.Equal(ServerBusy, await AnswerAsync(fleet, "L5", "guess"));
        Assert.Equal(Success, await AnswerAsync(fleet, "L5", password)); // behind the attacker's own address
        Assert.Equal(Success, await AnswerAsync(fleet, "L5", password, There));
        Assert.Equal(Success, await AnswerAsync(fleet, "L6", await fleet.Credentials.CreateAsync("L6"))); // a neighbour behind the same address
        Assert.InRange(right.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.False(tenth.IsCompleted);
        Assert.Equal(BadUserNameOrPassword, await tenth);
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(2.5), TimeSpan.FromSeconds(12));
        Assert.Equal(1, counted.Of("too-many-attempts"));
        Assert.InRange(counted.Of("bad-password"), 10, long.MaxValue);
        Assert.InRange(counted.Of(""), 6, long.MaxValue); // slowed: all but the slips
    }

    [Fact]
    public void Each_wrong_password_waits_twice_as_long_as_the_one_before_up_to_ten_seconds()
    {
        Assert.All([0.0, 1, 2, 3], n => Assert.Equal(TimeSpan.Zero, WrongPasswords.DelayOf(n)));
        Assert.Equal([0.1, 0.2, 0.4, 6.4, 10, 10], new[] { 4.0, 5, 6, 10, 11, 1e9 }.Select(n => Math.Round(WrongPasswords.DelayOf(n).TotalSeconds, 3)));
    }

    [Fact]
    public async Task Only_so_many_answers_wait_and_all_are_forgotten_in_the_end()
    {
        var wrong = new WrongPasswords(_time);
        var address = IPAddress.Parse("10.0.0.1");
        for (var i = 0; i < 4; i++) _ = wrong.HoldAsync(address, $"first-{i}", default);
        var held = Enumerable.Range(0, 200).Select(i => wrong.HoldAsync(address, $"T{i}", default)).ToList();
        Assert.Equal(63, held.Count(t => !t.IsCompleted)); // and the fourth of the first
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        await Task.WhenAll(held).WaitAsync(Some.Patience);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.True(wrong.HoldAsync(address, "T0", default).IsCompleted);
    }

    [Fact]
    public void Sessions_of_one_terminal_share_its_rate_and_terminals_of_one_address_theirs()
    {
        var turnstile = new Turnstile(new() { MessagesPerSecond = 10, MessagesPerSecondPerAddress = 15 }, _time);
        var (a, b) = (IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"));
        var (one, again) = (turnstile.RateOf("T1", a), turnstile.RateOf("T1", b));
        Assert.Equal(100, Taken(one) + Taken(again)); // ten seconds' worth
        Assert.Equal(50, Taken(turnstile.RateOf("T2", a))); // what the address has left
        Assert.Equal(100, Taken(turnstile.RateOf("T3", b)));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(10, Taken(one));

        var tool = new Access("token:t", new([], []));
        var admission = Line.Admission(new() { MessagesPerSecondPerAddress = 15 }, null!, _time);
        Assert.Equal(150, Taken(admission.RateOf(tool with { Address = a })!)); // a tool has its address's, and no other
        Assert.Equal(0, Taken(admission.RateOf(new Access("T1") { Address = a })!));
        Assert.Null(admission.RateOf(Access.Anonymous));
        Assert.Null(Line.Admission(new(), null!, _time).RateOf(tool));

        static int Taken(TokenBucket bucket)
        {
            var taken = 0;
            while (bucket.TryTake()) taken++;
            return taken;
        }
    }

    [Fact]
    public void A_crowd_stays_within_its_bound_forgets_the_idle_and_serves_the_rest_together()
    {
        var crowd = new Crowd<int, SharedBucket>(100, () => new(1, 1, _time), b => b.IsFull, _time);
        for (var i = 0; i < 1000; i++) crowd.Of(i).TryTake();
        Assert.Equal(100, crowd.Count);
        Assert.Same(crowd.Of(500), crowd.Of(501));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.NotSame(crowd.Of(500), crowd.Of(501));
        Assert.InRange(crowd.Count, 1, 100);
    }

    [Fact]
    public void A_burst_has_a_line_for_each_power_of_ten()
    {
        var bursts = new Bursts(_time);
        Assert.Equal([1, 10, 100, 1000], Enumerable.Range(0, 5000).Select(_ => bursts.Note(IPAddress.Loopback, "bad-password")).Where(n => n > 0));
        Assert.Equal(1, bursts.Note(IPAddress.Loopback, "blocked"));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(1, bursts.Note(IPAddress.Loopback, "bad-password"));
    }

    [Fact]
    public void A_site_is_an_IPv4_address_or_an_IPv6_network()
    {
        Assert.Equal(Addresses.Site(IPAddress.Parse("2001:db8::1:2:3:4")), Addresses.Site(IPAddress.Parse("2001:db8::ffff:1")));
        Assert.NotEqual(Addresses.Site(IPAddress.Parse("2001:db8:0:1::1")), Addresses.Site(IPAddress.Parse("2001:db8:0:2::1")));
        Assert.Equal(IPAddress.Parse("10.1.2.3"), Addresses.Site(IPAddress.Parse("::ffff:10.1.2.3")));
    }

    private static async Task<FleetHost> HostAsync(params string[] settings)
    {
        var host = new FleetHost(null, settings);
        await host.InitializeAsync();
        return host;
    }

    private static MqttClientOptions Options(FleetHost fleet, string serial, string password, string from, MqttProtocolVersion version)
    {
        var options = fleet.Client(serial, password, version).WithClientId($"{serial}-{Guid.NewGuid():n}").WithTimeout(Some.Patience).Build();
        ((MqttClientTcpOptions)options.ChannelOptions).LocalEndpoint = new IPEndPoint(IPAddress.Parse(from), 0);
        return options;
    }

    private static async Task<IMqttClient> ConnectedAsync(FleetHost fleet, string serial, string password, string from = Here)
    {
        var client = new MqttClientFactory().CreateMqttClient();
        Assert.Equal(Success, (await client.ConnectAsync(Options(fleet, serial, password, from, MqttProtocolVersion.V500))).ResultCode);
        return client;
    }

    private static async Task<MqttClientConnectResultCode> AnswerAsync(FleetHost fleet, string serial, string password, string from = Here, MqttProtocolVersion version = MqttProtocolVersion.V500)
    {
        using var client = new MqttClientFactory().CreateMqttClient();
        return (await client.ConnectAsync(Options(fleet, serial, password, from, version))).ResultCode;
    }

    /// <summary>What Ingest counts while it lives: refused CONNECTs by reason, and under no name those slowed. Tests of other classes count too.</summary>
    private sealed class Counts : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly Dictionary<string, long> _counts = [];

        public Counts()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name is "fleet.ingest.connects_refused" or "fleet.ingest.connects_slowed") listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
            {
                var reason = tags.Length > 0 ? (string)tags[0].Value! : "";
                lock (_counts) _counts[reason] = _counts.GetValueOrDefault(reason) + value;
            });
            _listener.Start();
        }

        public long Of(string reason)
        {
            lock (_counts) return _counts.GetValueOrDefault(reason);
        }

        public void Dispose() => _listener.Dispose();
    }
}
