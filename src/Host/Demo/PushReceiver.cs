using System.Collections.Concurrent;
using System.Net;

namespace Fleet.Host.Demo;

/// <summary>What a merchant's system would be: takes pushes on a loopback port, and only those that are signed.</summary>
internal sealed class PushReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Push> _received = new();
    private readonly string _secret;
    private readonly TimeProvider _clock;
    private readonly Action<Push> _onPush;
    private int _refused;

    private PushReceiver(int port, string secret, TimeProvider clock, Action<Push> onPush)
    {
        (_secret, _clock, _onPush) = (secret, clock, onPush);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        _app = builder.Build();
        _app.MapPost("/", TakeAsync);
    }

    /// <summary>What came so far, oldest first.</summary>
    public IReadOnlyCollection<Push> Received => _received;

    /// <summary>How many came unsigned, or were no push.</summary>
    public int Refused => Volatile.Read(ref _refused);

    public static async Task<PushReceiver> StartAsync(int port, string secret, TimeProvider clock, Action<Push> onPush, CancellationToken stop)
    {
        var receiver = new PushReceiver(port, secret, clock, onPush);
        await receiver._app.StartAsync(stop);
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task<IResult> TakeAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        var now = _clock.GetUtcNow();
        if (!Push.IsSigned(body.ToArray(), request.Headers[Push.SignatureHeader], _secret, now)) return Refuse(Results.Unauthorized());
        try
        {
            var push = Push.Read(body.ToArray(), now);
            _received.Enqueue(push);
            _onPush(push);
            return Results.NoContent();
        }
        catch (FormatException)
        {
            return Refuse(Results.BadRequest());
        }
    }

    private IResult Refuse(IResult answer)
    {
        Interlocked.Increment(ref _refused);
        return answer;
    }
}
