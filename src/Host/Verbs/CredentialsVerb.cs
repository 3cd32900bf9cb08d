using System.CommandLine;
using System.Text;
using Fleet.Alerts;
using Fleet.Ingest.Credentials;

namespace Fleet.Host.Verbs;

/// <summary><c>fleet credentials add|rotate|revoke|list|show</c>: the terminals' passwords.</summary>
internal static class CredentialsVerb
{
    public static Command Create() =>
        new("credentials", "Make, rotate, revoke or list terminals' MQTT passwords.") { Add(), Rotate(), Revoke(), List(), Show() };

    /// <summary>The argument of every verb about one terminal.</summary>
    internal static Argument<string> Serial() => new("serial") { Description = "The terminal's serial, which is also its MQTT user name." };

    /// <exception cref="FormatException">It is no serial.</exception>
    internal static string GetSerial(this ParseResult parsed, Argument<string> serial)
    {
        var name = parsed.GetValue(serial)!;
        return Ingest.Mqtt.Topic.IsSerial(Encoding.UTF8.GetBytes(name)) ? name : throw new FormatException($"'{name}' is no serial: 1 to 64 of A-Z a-z 0-9 . _ -");
    }

    private static Command Add()
    {
        var serial = Serial();
        return new Command("add", "Make a new password and print it; it is shown this once, and replaces those before at once.") { serial }.OnStore(async (parsed, store, stop) =>
        {
            var (name, credentials) = (parsed.GetSerial(serial), new CredentialStore(store, TimeProvider.System));
            Console.WriteLine(await credentials.CreateAsync(name, stop));
            await TellAsync(credentials, name, stop);
            return 0;
        });
    }

    private static Command Rotate()
    {
        var serial = Serial();
        var overlap = new Option<string>("--overlap") { Description = "How long the passwords before stay good.", DefaultValueFactory = _ => "24h" };
        return new Command("rotate", "Make a new password and print it; those before stay good for a while.") { serial, overlap }.OnStore(async (parsed, store, stop) =>
        {
            var (name, credentials, good) = (parsed.GetSerial(serial), new CredentialStore(store, TimeProvider.System), Span.Parse(parsed.GetValue(overlap)!));
            if ((await credentials.ListAsync(name, stop)).Count == 0) await Console.Error.WriteLineAsync($"fleet: {name} had no password before");
            Console.WriteLine(await credentials.RotateAsync(name, good, stop));
            await TellAsync(credentials, name, stop);
            return 0;
        });
    }

    private static Command Revoke()
    {
        var serial = Serial();
        var id = new Option<string?>("--id") { Description = "Only this one of its passwords (see show)." };
        return new Command("revoke", "Take a terminal's passwords away; a running server closes its sessions within two seconds.") { serial, id }.OnStore(async (parsed, store, stop) =>
        {
            var name = parsed.GetSerial(serial);
            if (await new CredentialStore(store, TimeProvider.System).RevokeAsync(name, parsed.GetValue(id), stop))
            {
                Console.WriteLine(parsed.GetValue(id) is { } gone ? $"{name} has lost its password {gone}" : $"{name} has no password any more");
                return 0;
            }
            await Console.Error.WriteLineAsync(parsed.GetValue(id) is { } one ? $"fleet: {name} has no password {one}" : $"fleet: {name} has no password");
            return 1;
        });
    }

    private static Command List() =>
        new Command("list", "Which terminals have passwords, since when and until when; never the passwords.").OnStore(async (_, store, stop) =>
        {
            Write(await new CredentialStore(store, TimeProvider.System).ListAsync(null, stop));
            return 0;
        });

    private static Command Show()
    {
        var serial = Serial();
        return new Command("show", "One terminal's passwords: their ids, since when and until when.") { serial }.OnStore(async (parsed, store, stop) =>
        {
            var name = parsed.GetSerial(serial);
            var credentials = await new CredentialStore(store, TimeProvider.System).ListAsync(name, stop);
            Write(credentials);
            if (credentials.Count > 0) return 0;
            await Console.Error.WriteLineAsync($"fleet: {name} has no password");
            return 1;
        });
    }

    /// <summary>Which password is the new one; beside the password itself, which a script may read.</summary>
    private static async Task TellAsync(CredentialStore credentials, string serial, CancellationToken stop)
    {
        if ((await credentials.ListAsync(serial, stop)).LastOrDefault(c => c.EndsAtMs is null) is { } made)
            await Console.Error.WriteLineAsync($"fleet: this is password {made.Id} of {serial}");
    }

    private static void Write(IEnumerable<Credential> credentials)
    {
        var nowMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var c in credentials)
            Console.WriteLine($"{c.Serial,-24} {c.Id} since {Iso8601.Text(c.CreatedAtMs)} {(c.EndsAtMs is not { } ends ? "" : ends > nowMs ? $"until {Iso8601.Text(ends)}" : "ended")}".TrimEnd());
    }
}
