using System.Net;
using System.Net.Http.Headers;
using Fleet.Alerts.Catalogue;
using Fleet.Alerts.Neighbours;
using Fleet.Store;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fleet.Alerts.Notify.Webhook;

/// <summary>Pushes to merchants by HTTP: a signed POST of JSON to the merchant's address, or to the operator's.</summary>
internal sealed class WebhookChannel : IChannel, IDisposable
{
    private readonly FaultCatalogue _catalogue;
    private readonly Members _members;
    private readonly WebhookOptions _options;
    private readonly string _language;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    public WebhookChannel(
        FaultCatalogue catalogue, Members members, IOptions<WebhookOptions> options, IOptions<AlertsOptions> alerts, TimeProvider time, ILogger<WebhookChannel> log)
    {
        (_catalogue, _members, _options, _language, _time) = (catalogue, members, options.Value, alerts.Value.Language, time);
        // No redirects: a push, signed for one receiver, goes nowhere else. Connections end now and then so that a changed DNS name is seen.
        _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = _options.Timeout,
            MaxResponseContentBufferSize = 64 * 1024,
        };
        if (_options.Secret is null) log.PushesUnsigned();
        else if (_options.Secret.Length < WebhookOptions.GoodSecretCharacters) log.SecretShort(_options.Secret.Length);
    }

    public string Name => ChannelNames.Webhook;

    public int? PerRecipientAndHour => _options.PerRecipientAndHour;

    public async Task<Delivery> SendAsync(Parcel parcel, CancellationToken stop)
    {
        // Looked up now, not when the alert was raised: a corrected address serves what still waits.
        var alert = parcel.Notice.Alert;
        var terminal = alert.Terminal is { } serial ? _members.Standing(serial) : _members.Standing(alert.Subject, parcel.Recipient);
        if (AddressOf(terminal) is not { } address) return Delivery.Never(DeliveryReason.NoAddress, terminal?.Webhook);

        using var request = Request(parcel, address, Languages.Nearest(terminal?.Language ?? _language));
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
            return Judge(response.StatusCode, response.Headers.RetryAfter);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return Delivery.RetryLater(DeliveryReason.TimedOut, $"no answer within {_options.Timeout}");
        }
        catch (HttpRequestException e)
        {
            return Delivery.RetryLater(DeliveryReason.Unreachable, e.HttpRequestError.ToString());
        }
    }

    public void Dispose() => _http.Dispose();

    private Uri? AddressOf(RegisteredTerminal? terminal) =>
        terminal?.Webhook is not { } address ? _options.Url
        : Uri.TryCreate(address, UriKind.Absolute, out var own) && own.Scheme is "http" or "https" ? own
        : null;

    private HttpRequestMessage Request(Parcel parcel, Uri address, Language language)
    {
        var body = WebhookBody.Write(parcel.Notice, _catalogue.Of(parcel.Notice.Alert.Fault), language);
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("Fleet-Delivery", parcel.Id);
        if (_options.Secret is { } secret) request.Headers.Add(WebhookSignature.Header, WebhookSignature.Of(body, _time.GetUtcNow(), secret));
        return request;
    }

    private Delivery Judge(HttpStatusCode status, RetryConditionHeaderValue? retryAfter)
    {
        var detail = $"HTTP {(int)status}";
        return (int)status switch
        {
            >= 200 and < 300 => Delivery.Delivered(detail),
            408 or 425 or 429 or >= 500 => Delivery.RetryLater(DeliveryReason.Busy, detail, retryAfter?.Delta ?? retryAfter?.Date - _time.GetUtcNow()),
            _ => Delivery.Never(DeliveryReason.Refused, detail),
        };
    }
}
