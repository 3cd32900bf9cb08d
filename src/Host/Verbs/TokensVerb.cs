using System.CommandLine;
using Fleet.Alerts;
using Fleet.Ingest.Credentials;

namespace Fleet.Host.Verbs;

/// <summary><c>fleet tokens create|list|revoke</c>: what operators' tools may read and publish over MQTT.</summary>
internal static class TokensVerb
{
    public static Command Create() => new("tokens", "Make, list or revoke the tokens of operators' MQTT tools.") { Make(), List(), Revoke() };

    private static Argument<string> Name() => new("name") { Description = $"The token's name; the tool logs in as {TokenStore.Prefix}NAME." };

    private static Command Make()
    {
        var name = Name();
        var topics = new Option<string>("--topics") { Description = "Topic filters it may subscribe to, and narrower ones; with commas between.", DefaultValueFactory = _ => "" };
        var publish = new Option<string>("--publish") { Description = "Topic filters it may publish to; with commas between.", DefaultValueFactory = _ => "" };
        var expires = new Option<string?>("--expires") { Description = "After how long it ends, e.g. 90d; never without." };
        return new Command("create", "Make a token and print its secret, which is its MQTT password; it is shown this once.") { name, topics, publish, expires }.OnStore(async (parsed, store, stop) =>
        {
            Console.WriteLine(await new TokenStore(store, TimeProvider.System).CreateAsync(
                parsed.GetValue(name)!, Filters(parsed.GetValue(topics)!), Filters(parsed.GetValue(publish)!),
                parsed.GetValue(expires) is { } lasts ? Span.Parse(lasts) : null, stop));
            return 0;
        });
    }

    private static Command List() => new Command("list", "The tokens with their topics; never their secrets.").OnStore(async (_, store, stop) =>
    {
        var nowMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var t in await new TokenStore(store, TimeProvider.System).ListAsync(stop))
        {
            Console.WriteLine($"{TokenStore.Prefix}{t.Name,-24} reads {Shown(t.Reads)} publishes {Shown(t.Publishes)} since {Iso8601.Text(t.CreatedAtMs)}"
                + (t.ExpiresAtMs is not { } ends ? "" : ends > nowMs ? $" until {Iso8601.Text(ends)}" : " ended"));
        }
        return 0;
    });

    private static Command Revoke()
    {
        var name = Name();
        return new Command("revoke", "End a token; a running server closes its sessions within two seconds.") { name }.OnStore(async (parsed, store, stop) =>
        {
            if (await new TokenStore(store, TimeProvider.System).RevokeAsync(parsed.GetValue(name)!, stop)) return 0;
            await Console.Error.WriteLineAsync($"fleet: there is no token '{parsed.GetValue(name)}'");
            return 1;
        });
    }

    private static string[] Filters(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string Shown(IReadOnlyList<string> filters) => filters.Count == 0 ? "nothing" : string.Join(',', filters);
}
