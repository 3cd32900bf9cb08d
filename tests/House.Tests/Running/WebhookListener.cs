using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;

namespace Fleet.House_Tests.Running;

/// <summary>A webhook as it arrived.</summary>
internal sealed record ReceivedWebhook(IReadOnlyDictionary<string, string> Headers, string Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;
}

/// <summary>Takes webhooks on a loopback port, keeps them and answers what it is told to, at first 200.</summary>
internal sealed class WebhookListener : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<ReceivedWebhook> _received = new();

    public WebhookListener()
    {
        Url = new Uri($"http://127.0.0.1:{FleetProcess.FreePort()}/");
        _listener.Prefixes.Add(Url.AbsoluteUri);
        _listener.Start();
        _ = ListenAsync();
    }

    public Uri Url { get; }

    public HttpStatusCode Answer { get; set; } = HttpStatusCode.OK;

    /// <summary>What came so far, oldest first.</summary>
    public IReadOnlyCollection<ReceivedWebhook> Received => _received;

    public void Dispose() => _listener.Close();

    private async Task ListenAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream);
                var headers = context.Request.Headers.AllKeys.OfType<string>().ToDictionary(key => key, key => context.Request.Headers[key]!, StringComparer.OrdinalIgnoreCase);
                _received.Enqueue(new ReceivedWebhook(headers, await reader.ReadToEndAsync()));
                context.Response.StatusCode = (int)Answer;
                context.Response.Close();
            }
            catch (Exception ended) when (ended is HttpListenerException or ObjectDisposedException)
            {
                // Closed by the test, or the caller was killed in the middle: the next call counts.
            }
        }
    }
}
