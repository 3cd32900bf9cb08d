using System.CommandLine;
using System.Text;
using Fleet.Ingest.Credentials;

namespace Fleet.Host.Verbs;

/// <summary><c>fleet credentials add|revoke</c>: the terminals' passwords.</summary>
internal static class CredentialsVerb
{
    public static Command Create() => new("credentials", "Make or revoke a terminal's MQTT password.") { Add(), Revoke() };

    private static Argument<string> Serial() => new("serial") { Description = "The terminal's serial, which is also its MQTT user name." };

    private static Command Add()
    {
        var serial = Serial();
        return new Command("add", "Make a new password and print it; it is shown this once.") { serial }.OnStore(async (parsed, store, stop) =>
        {
            var name = parsed.GetValue(serial)!;
            if (!Ingest.Mqtt.Topic.IsSerial(Encoding.UTF8.GetBytes(name)))
                throw new FormatException($"'{name}' is no serial: 1 to 64 of A-Z a-z 0-9 . _ -");
            Console.WriteLine(await new CredentialStore(store, TimeProvider.System).CreateAsync(name, stop));
            return 0;
        });
    }

    private static Command Revoke()
    {
        var serial = Serial();
        return new Command("revoke", "Take a terminal's password away; a running server refuses it within ten seconds.") { serial }.OnStore(async (parsed, store, stop) =>
        {
            var name = parsed.GetValue(serial)!;
            if (await new CredentialStore(store, TimeProvider.System).RevokeAsync(name, stop)) return 0;
            await Console.Error.WriteLineAsync($"fleet: {name} has no password");
            return 1;
        });
    }
}
