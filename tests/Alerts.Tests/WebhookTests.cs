using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Fleet.Alerts.Notify;
using Fleet.Alerts.Notify.Webhook;
using Fleet.Store;

namespace Fleet.Alerts.Tests;

public sealed class WebhookTests : IAsyncLifetime
{
    private const string Secret = "a-secret-of-this-test";

    private readonly SqliteStore _store = new();
    private WebhookReceiver _merchant = null!;
    private Room _room = null!;

    public async ValueTask InitializeAsync()
    {
        _merchant = await WebhookReceiver.StartAsync();
        _room = await Room.OpenAsync(_store.Database, settings: [("Webhook:Url", _merchant.Address), ("Webhook:Secret", Secret), ("Webhook:Timeout", "00:00:02")]);
        await RegisterAsync(webhook: null);
    }

    public async ValueTask DisposeAsync()
    {
        await _room.DisposeAsync();
        await _merchant.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task The_signature_is_what_a_receiver_computes_over_the_body()
    {
        await PushAsync("paper-out");
        var (headers, body) = Assert.Single(_merchant.Pushes);
        var time = _room.Time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var hmac = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"{time}.{body}")));
        Assert.Equal($"t={time},v1={hmac}", headers["Fleet-Signature"]);
        Assert.Equal("application/json", headers.ContentType);
        Assert.Matches("^[0-9a-f]{32}$", headers["Fleet-Delivery"].ToString());
    }

    [Fact]
    public async Task The_body_tells_the_merchant_what_to_do_now_in_his_language()
    {
        await PushAsync("paper-out");
        var body = JsonNode.Parse(_merchant.Pushes[0].Body)!;
        Assert.Equal(("raised", "zh-CN", "打印纸已用完"), ((string?)body["event"], (string?)body["language"], (string?)body["title"]));
        Assert.Equal(("T-1001", "paper-out", "open", "M-1"), ((string?)body["terminal"], (string?)body["fault"], (string?)body["state"], (string?)body["merchant"]));
        Assert.StartsWith("打开纸仓", (string?)body["steps"]![0], StringComparison.Ordinal);
        Assert.Equal("No receipt paper", (string?)body["texts"]!["en"]!["title"]);
        Assert.Equal("打印纸已用完", (string?)body["texts"]!["zh-CN"]!["title"]);
        Assert.Equal(0.4, (double?)body["evidence"]!["failedShare"]);
    }

    [Fact]
    public async Task When_it_is_over_there_is_nothing_left_to_do()
    {
        await PushAsync("paper-out");
        await _room.Clears("paper-out", raisedAt: 1000, at: 2000);
        await DeliverAsync();
        var body = JsonNode.Parse(_merchant.Pushes[1].Body)!;
        Assert.Equal(("cleared", "cleared", 0), ((string?)body["event"], (string?)body["state"], body["steps"]!.AsArray().Count));
    }

    [Fact]
    public async Task A_receiver_that_is_down_gets_it_later_under_the_same_id()
    {
        _merchant.Answer = response => response.StatusCode = 503;
        await PushAsync("paper-out");
        Assert.Equal(("pending", "busy"), (await _room.OutboxAsync("webhook"))[0]);
        _merchant.Answer = _ => { };
        _room.Time.Advance(TimeSpan.FromSeconds(1));
        await DeliverAsync();
        Assert.Equal(("delivered", "accepted"), (await _room.OutboxAsync("webhook"))[0]);
        Assert.Single(_merchant.Pushes.Select(p => p.Headers["Fleet-Delivery"].ToString()).Distinct());
        Assert.Equal(2, _merchant.Pushes.Count);
    }

    [Fact]
    public async Task A_receiver_that_is_gone_is_never_tried_again()
    {
        _merchant.Answer = response => response.StatusCode = 410;
        await PushAsync("paper-out");
        _room.Time.Advance(TimeSpan.FromHours(1));
        await DeliverAsync();
        Assert.Single(_merchant.Pushes);
        Assert.Equal(("refused", "refused"), (await _room.OutboxAsync("webhook"))[0]);
    }

    [Fact]
    public async Task Retry_After_is_honoured()
    {
        _merchant.Answer = response => (response.StatusCode, response.Headers.RetryAfter) = (429, "600");
        await PushAsync("paper-out");
        _room.Time.Advance(TimeSpan.FromSeconds(599));
        await DeliverAsync();
        Assert.Single(_merchant.Pushes);
        _room.Time.Advance(TimeSpan.FromSeconds(1));
        await DeliverAsync();
        Assert.Equal(2, _merchant.Pushes.Count);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        _merchant.Answer = response => response.Redirect("/elsewhere");
        await PushAsync("paper-out");
        Assert.Equal(("refused", "refused"), (await _room.OutboxAsync("webhook"))[0]);
        Assert.Single(_merchant.Pushes);
    }

    [Fact]
    public async Task Nobody_listening_means_later()
    {
        await RegisterAsync(webhook: "http://127.0.0.1:1/hook");
        await PushAsync("paper-out");
        Assert.Equal(("pending", "unreachable"), (await _room.OutboxAsync("webhook"))[0]);
    }

    [Fact]
    public async Task An_address_corrected_later_serves_what_still_waits()
    {
        await RegisterAsync(webhook: "http://127.0.0.1:1/hook");
        await PushAsync("paper-out");
        await RegisterAsync(webhook: _merchant.Address);
        _room.Time.Advance(TimeSpan.FromSeconds(1));
        await DeliverAsync();
        Assert.Single(_merchant.Pushes);
    }

    [Fact]
    public async Task What_is_not_for_merchants_is_not_pushed()
    {
        await PushAsync("bad-reports");
        Assert.Empty(await _room.OutboxAsync("webhook"));
    }

    private async Task PushAsync(string fault)
    {
        await _room.Raises(fault, at: 1000);
        await DeliverAsync();
    }

    private Task DeliverAsync() => _room.DeliverAsync(_room.Get<IEnumerable<IChannel>>().OfType<WebhookChannel>().Single());

    private Task RegisterAsync(string? webhook) => _room.Get<Registry>().ImportAsync(
        [new(Room.Terminal, "M-1", "S-1", "A920", "46000", Language: "zh-CN", Webhook: webhook)]);
}
