namespace Fleet.Host;

/// <summary>
/// A message is taken and answered on the thread that heard of it, instead of being handed to another: where each comes
/// in a packet of its own that is a fifth to a third of its cost (docs/decisions). Nothing on these threads may block.
/// </summary>
internal static class InlineSockets
{
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Switches the runtime over, before its first socket, unless the environment says otherwise (0).</summary>
    public static bool Enable()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null) Environment.SetEnvironmentVariable(Variable, "1");
        return Environment.GetEnvironmentVariable(Variable) == "1";
    }
}
