using System.CommandLine;
using Fleet.Alerts;
using Fleet.Ingest.Credentials;
using Fleet.Store;

namespace Fleet.Host.Verbs;

/// <summary><c>fleet terminals import|export|block|unblock|blocked</c>: the registry as CSV, and who may not connect.</summary>
internal static class TerminalsVerb
{
    public static Command Create() => new("terminals", "Import or export the registry of terminals; block or unblock one.") { Import(), Export(), Block(), Unblock(), Blocked() };

    private static Command Import()
    {
        var file = new Argument<FileInfo>("file") { Description = "CSV with a header line: serial,merchant,site,model,carrier and, when there are, address,timezone,language,webhook,hours,tags,region,password." };
        return new Command("import", "Add or replace terminals, all or none; a running server reads them within ten seconds.") { file }.OnStore(async (parsed, store, stop) =>
        {
            var rows = RegistryCsv.Read(await File.ReadAllLinesAsync(parsed.GetValue(file)!.FullName, stop));
            await new Registry(store).ImportAsync(rows.Select(r => r.Terminal), stop);
            var passwords = rows.Where(r => r.Password is not null).Select(r => (r.Terminal.Serial, r.Password!)).ToList();
            await new CredentialStore(store, TimeProvider.System).SetAsync(passwords, stop);
            Console.WriteLine($"{rows.Count} terminals imported, {passwords.Count} of them with a password");
            return 0;
        });
    }

    private static Command Export() =>
        new Command("export", "Write the registry as CSV to standard output (passwords are not known to us).").OnStore(async (_, store, stop) =>
        {
            var registry = new Registry(store);
            await registry.ReloadAsync(stop);
            await Console.Out.WriteAsync(RegistryCsv.Write(registry.All.OrderBy(t => t.Serial, StringComparer.Ordinal)));
            return 0;
        });

    private static Command Block()
    {
        var serial = CredentialsVerb.Serial();
        var reason = new Option<string?>("--reason") { Description = "Why, for people." };
        return new Command("block", "Refuse a terminal (stolen, withdrawn); a running server closes its sessions within two seconds, and each attempt to connect is a finding.") { serial, reason }.OnStore(async (parsed, store, stop) =>
        {
            var name = parsed.GetSerial(serial);
            var registry = new Registry(store);
            await registry.ReloadAsync(stop);
            if (registry.All.All(t => t.Serial != name)) await Console.Error.WriteLineAsync($"fleet: {name} is not in the registry");
            Console.WriteLine(await new Blocks(store, TimeProvider.System).BlockAsync(name, parsed.GetValue(reason), stop) ? $"{name} is blocked" : $"{name} was blocked already");
            return 0;
        });
    }

    private static Command Unblock()
    {
        var serial = CredentialsVerb.Serial();
        return new Command("unblock", "Let a blocked terminal in again; a running server clears its finding.") { serial }.OnStore(async (parsed, store, stop) =>
        {
            var name = parsed.GetSerial(serial);
            if (await new Blocks(store, TimeProvider.System).UnblockAsync(name, stop))
            {
                Console.WriteLine($"{name} may come in again");
                return 0;
            }
            await Console.Error.WriteLineAsync($"fleet: {name} is not blocked");
            return 1;
        });
    }

    private static Command Blocked() => new Command("blocked", "The terminals that are blocked.").OnStore(async (_, store, stop) =>
    {
        foreach (var block in await new Blocks(store, TimeProvider.System).ListAsync(stop))
            Console.WriteLine($"{block.Serial,-24} since {Iso8601.Text(block.AtMs)} {block.Reason}".TrimEnd());
        return 0;
    });
}
