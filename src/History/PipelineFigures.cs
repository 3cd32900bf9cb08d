using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fleet.History;

/// <summary>One of our pipeline's own figures, e.g. <c>journal_bytes</c>; registered with the container by whoever has it.</summary>
/// <param name="Name">The field's name in measurement <c>fleet</c>, snake_case.</param>
public sealed record PipelineFigure(string Name, Func<double> Read);

/// <summary>Writes our own figures as one point of measurement <c>fleet</c> at a time, tagged with the node.</summary>
internal sealed class PipelineFigures(
    HistoryWriter history, IEnumerable<PipelineFigure> figures, IOptions<InfluxOptions> options, TimeProvider time, ILogger<PipelineFigures> log)
    : BackgroundService
{
    private readonly PipelineFigure[] _figures = [.. figures];
    private readonly string _node = options.Value.Node.Length > 0 ? options.Value.Node : Environment.MachineName;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Api == InfluxApi.None) return;
        using var timer = new PeriodicTimer(options.Value.FiguresEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) Write();
    }

    internal void Write()
    {
        using var line = new LineBuffer(1024);
        line.Raw("fleet"u8);
        line.Tag(",node="u8, _node);
        line.Integer(" queue_bytes="u8, history.QueueBytes);
        foreach (var figure in _figures)
            if (Value(figure) is { } value && double.IsFinite(value))
            {
                line.Raw(","u8);
                line.Key(figure.Name);
                line.Float("="u8, value);
            }
        line.End(time.GetUtcNow().ToUnixTimeMilliseconds());
        history.Offer(line);
    }

    private double? Value(PipelineFigure figure)
    {
#pragma warning disable CA1031 // one figure that cannot be read must not cost the others
        try
        {
            return figure.Read();
        }
        catch (Exception exception)
        {
            HistoryLog.FigureFailed(log, figure.Name, exception);
            return null;
        }
#pragma warning restore CA1031
    }
}
