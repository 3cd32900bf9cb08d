using System.Runtime.InteropServices;

namespace Fleet.Grains.Terminals;

/// <summary>Whether the terminal has an MQTT session, by the facts that its sessions' beginnings and ends leave in the journals.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct SessionState : IPart
{
    private long _changedAtMs;
    private long _newest;
    private bool _connected;

    /// <summary>The end of the last session was told, and no beginning since.</summary>
    private bool _endWasTold;

    public static string Name => "session";

    public readonly bool IsConnected => _connected;

    /// <summary>
    /// Whether a session fact is of the newest session: the end of one that was replaced, noticed late on another
    /// node or told by its last will, says nothing of the terminal. What a newer one says counts whatever the time: the
    /// clock of the node that told of the one before may be ahead. Only where the one before was shorter than the nodes'
    /// clocks are apart has the newer one the lower number; the connection after it puts that right.
    /// </summary>
    public bool Concerns(in Input input)
    {
        if (input.Session == 0) return true;
        if (input.Session < _newest) return false;
        if (input.Session > _newest) (_newest, _changedAtMs) = (input.Session, 0);
        return true;
    }

    /// <summary>Session facts come from several journals in a replay: an older one does not undo a newer one.</summary>
    /// <returns>Whether it came back after an end that was told.</returns>
    public bool Note(bool connected, long atMs)
    {
        if (atMs < _changedAtMs) return false;
        var isBack = connected && _endWasTold;
        (_connected, _changedAtMs, _endWasTold) = (connected, atMs, !connected);
        return isBack;
    }

    /// <summary>It is silent: its node may have died without telling.</summary>
    public void GiveUp() => _connected = false;

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _connected);
        codec.Field(ref _changedAtMs);
        codec.Field(ref _newest);
        codec.Field(ref _endWasTold);
    }
}
