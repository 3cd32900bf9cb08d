namespace Fleet.Host;

/// <summary>
/// A message is taken and answered on the thread that heard of it, instead of being handed to another
/// (docs/decisions/2026-11-22-messages-on-the-sockets-thread.md). Nothing on these threads may block; on one machine with
/// files for a store only the terminals' sockets matter, with PostgreSQL and other silos it stays off.
/// </summary>
internal static class InlineSockets
{
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static bool AreOn => Environment.GetEnvironmentVariable(Variable) == "1";

    /// <summary>Switches the runtime over, before its first socket, unless the environment says otherwise (0).</summary>
    public static void Enable()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null) Environment.SetEnvironmentVariable(Variable, "1");
    }
}
