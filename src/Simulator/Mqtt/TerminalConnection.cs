using System.Threading.Channels;
using Fleet.Simulator.Terminals;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Protocol;

namespace Fleet.Simulator.Mqtt;

/// <summary>
/// A terminal's way to the broker. Messages leave in order, up to a window of them unacknowledged; whatever breaks, it
/// reconnects and sends everything unacknowledged again, in order, until it is acknowledged. Only a refused login ends it.
/// </summary>
public sealed class TerminalConnection : IAsyncDisposable
{
    private readonly Broker _broker;
    private readonly ConnectionOptions _options;
    private readonly TimeProvider _clock;
    private readonly Channel<OutgoingMessage> _messages;
    private readonly Queue<(OutgoingMessage Message, Task Acknowledged)> _inFlight = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private long _acknowledged;
    private long _sent;
    private int _connects;

    public TerminalConnection(Broker broker, ConnectionOptions options, TimeProvider clock)
    {
        (_broker, _options, _clock) = (broker, options, clock);
        _messages = Channel.CreateBounded<OutgoingMessage>(options.Queue);
        _running = Task.Run(RunAsync);
    }

    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>Messages it was given.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    public int Reconnects => Math.Max(0, Volatile.Read(ref _connects) - 1);

    public bool IsConnected { get; private set; }

    /// <summary>Takes a message; waits while the queue is full. Fails when the broker refused the login.</summary>
    public async ValueTask SendAsync(OutgoingMessage message, CancellationToken stop)
    {
        if (_running.IsFaulted) await _running;
        await _messages.Writer.WriteAsync(message, stop);
        Interlocked.Increment(ref _sent);
    }

    /// <summary>Waits until everything sent is acknowledged, and says goodbye.</summary>
    public async Task CompleteAsync(CancellationToken stop)
    {
        _messages.Writer.TryComplete();
        await _running.WaitAsync(stop);
    }

    /// <summary>Goes without a goodbye: the broker must notice by itself and publish the last will.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var random = new Random(_options.ClientId.GetHashCode(StringComparison.Ordinal));
        for (var attempt = 1; ; attempt++)
        {
            using var client = new MqttClientFactory().CreateMqttClient();
            var before = Acknowledged;
            try
            {
                await ConnectAsync(client);
                IsConnected = true;
                await PumpAsync(client);
                await client.DisconnectAsync(cancellationToken: _stop.Token);
                return;
            }
            catch (UnauthorizedAccessException refused)
            {
                _messages.Writer.TryComplete(refused);
                throw;
            }
            catch (Exception broken) when (!_stop.IsCancellationRequested && IsConnectionFailure(broken))
            {
                if (Acknowledged > before) attempt = 1;
            }
            finally
            {
                IsConnected = false;
            }
            // What is still under way on the old connection ends with it, before a new one says the same again.
            client.Dispose();
            foreach (var (_, acknowledged) in _inFlight) await acknowledged.ContinueWith(_ => { }, TaskScheduler.Default);
            await Task.Delay(Backoff.Delay(attempt, random), _clock, _stop.Token);
        }
    }

    private async Task ConnectAsync(IMqttClient client)
    {
        client.ApplicationMessageReceivedAsync += AnswerAsync;
        var answer = await client.ConnectAsync(_options.For(_broker), _stop.Token);
        if (answer.ResultCode is MqttClientConnectResultCode.BadUserNameOrPassword or MqttClientConnectResultCode.NotAuthorized)
            throw new UnauthorizedAccessException($"The broker refused {_broker.User ?? "an anonymous login"}: {answer.ResultCode}.");
        if (answer.ResultCode != MqttClientConnectResultCode.Success)
            throw new MqttCommunicationException($"The broker refused the connection: {answer.ResultCode}.");
        Interlocked.Increment(ref _connects);
        if (_options.Terminal is not { } serial) return;
        await client.SubscribeAsync($"fleet/v1/{serial}/command", MqttQualityOfServiceLevel.AtLeastOnce, _stop.Token);
        await client.PublishStringAsync($"fleet/v1/{serial}/status", "online", MqttQualityOfServiceLevel.AtLeastOnce, retain: true, _stop.Token);
    }

    private async Task PumpAsync(IMqttClient client)
    {
        for (var left = _inFlight.Count; left > 0; left--)
            _inFlight.Enqueue(Publish(client, _inFlight.Dequeue().Message));
        while (true)
        {
            if (_inFlight.Count < _options.Window && _messages.Reader.TryRead(out var message))
            {
                _inFlight.Enqueue(Publish(client, message));
            }
            else if (_inFlight.TryPeek(out var oldest))
            {
                await oldest.Acknowledged;
                _inFlight.Dequeue();
                Interlocked.Increment(ref _acknowledged);
            }
            else if (!await WaitForMessageAsync(client))
            {
                return;
            }
        }
    }

    /// <summary>False when no message will ever come; fails when the connection breaks while there is nothing to send.</summary>
    private async Task<bool> WaitForMessageAsync(IMqttClient client)
    {
        var broken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task Break(MqttClientDisconnectedEventArgs _)
        {
            broken.TrySetResult();
            return Task.CompletedTask;
        }
        client.DisconnectedAsync += Break;
        try
        {
            var waiting = _messages.Reader.WaitToReadAsync(_stop.Token).AsTask();
            if (!client.IsConnected || await Task.WhenAny(waiting, broken.Task) == broken.Task)
                throw new MqttCommunicationException("The connection is gone.");
            return await waiting;
        }
        finally
        {
            client.DisconnectedAsync -= Break;
        }
    }

    /// <summary>The packet is on its way when this returns, so calling it in order sends in order; failures are in the task alone.</summary>
    private (OutgoingMessage, Task) Publish(IMqttClient client, OutgoingMessage message)
    {
        return (message, PublishAsync());

        async Task PublishAsync() => await client.PublishBinaryAsync(
            message.Topic, message.Payload, MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: _stop.Token);
    }

    /// <summary>Does what it is told, whatever that is, and says so.</summary>
    private Task AnswerAsync(MqttApplicationMessageReceivedEventArgs command)
    {
        if (_options.Terminal is { } serial)
            _messages.Writer.TryWrite(CommandAnswer.To(serial, command.ApplicationMessage.Payload, _clock.GetUtcNow()));
        return Task.CompletedTask;
    }

    private static bool IsConnectionFailure(Exception failure) =>
        failure is MqttCommunicationException or MqttClientNotConnectedException or MqttClientDisconnectedException
            or OperationCanceledException or IOException or System.Net.Sockets.SocketException or InvalidOperationException or TimeoutException;
}
