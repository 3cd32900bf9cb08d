namespace Fleet.Bench.Load;

/// <summary>The terminals of a run, dealt to the connections: a terminal always speaks on the same one.</summary>
internal sealed class BenchTerminals(int count, int connections)
{
    private readonly int[] _sent = new int[count];
    private readonly int[] _next = [.. Enumerable.Range(0, connections)];

    public int Count => count;

    public int Connections => connections;

    /// <summary>How many messages were sent for all of them.</summary>
    public long Total => _sent.Sum(sent => (long)sent);

    /// <summary>How many messages were sent for a terminal.</summary>
    public int Sent(int terminal) => _sent[terminal];

    /// <summary>The connection's next terminal, in turn, and the number of the message it sends.</summary>
    public (int Terminal, int Number) Next(int connection)
    {
        var terminal = _next[connection];
        var following = terminal + connections;
        _next[connection] = following < count ? following : connection;
        return (terminal, ++_sent[terminal]);
    }
}
