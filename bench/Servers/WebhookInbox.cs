using System.Net;
using System.Text.Json;

namespace Fleet.Bench.Servers;

/// <summary>Takes the server's webhooks, answers 200 and passes on which terminal's alert was raised.</summary>
internal sealed class WebhookInbox : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Action<string> _raised;

    public WebhookInbox(Action<string> raised)
    {
        _raised = raised;
        Url = new Uri($"http://{Child.FreePort()}/");
        _listener.Prefixes.Add(Url.AbsoluteUri);
        _listener.Start();
        _ = ListenAsync();
    }

    public Uri Url { get; }

    public void Dispose() => _listener.Close();

    private async Task ListenAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                await AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception ended) when (ended is HttpListenerException or ObjectDisposedException or JsonException)
            {
                // Closed by us, a caller that hung up, or something that is no webhook: the next one is waiting.
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        using var response = context.Response;
        using var body = await JsonDocument.ParseAsync(context.Request.InputStream);
        var push = body.RootElement;
        if (push.TryGetProperty("event", out var what) && what.ValueEquals("raised") && push.TryGetProperty("terminal", out var terminal))
            _raised(terminal.GetString()!);
    }
}
