using System.CommandLine;
using Fleet.Ingest.Credentials;
using Fleet.Store;

namespace Fleet.Host.Verbs;

/// <summary><c>fleet terminals import|export</c>: the registry as CSV.</summary>
internal static class TerminalsVerb
{
    public static Command Create() => new("terminals", "Import or export the registry of terminals.") { Import(), Export() };

    private static Command Import()
    {
        var file = new Argument<FileInfo>("file") { Description = "CSV with a header line: serial,merchant,site,model,carrier and, when there are, address,timezone,language,webhook,password." };
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
}
