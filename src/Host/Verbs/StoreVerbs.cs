using System.CommandLine;
using Fleet.Ingest;
using Fleet.Store;

namespace Fleet.Host.Verbs;

/// <summary>What the verbs that work on the store have in common: they open it as the server would.</summary>
internal static class StoreVerbs
{
    /// <summary>A verb with the settings <c>Data:Path</c> and <c>Store:ConnectionString</c>, run on an open store.</summary>
    public static Command OnStore(this Command verb, Func<ParseResult, Database, CancellationToken, Task<int>> work)
    {
        verb.TreatUnmatchedTokensAsErrors = false;
        verb.SetAction(async (parsed, stop) =>
        {
            try
            {
                using var configuration = new ConfigurationManager();
                Settings.Read(configuration, parsed.UnmatchedTokens);
                await using var store = Settings.ConnectionString(configuration) is { } postgres
                    ? Database.Postgres(postgres)
                    : Database.Sqlite(Path.Combine(Settings.DataPath(configuration), "fleet.db"));
                await store.EnsureAsync(Tables.Registry + IngestRoom.Tables, stop);
                return await work(parsed, store, stop);
            }
            catch (Exception e) when (e is FileNotFoundException or FormatException || RunVerb.Explain(e) is not null)
            {
                await Console.Error.WriteLineAsync($"fleet: {RunVerb.Explain(e) ?? e.Message}");
                return 2;
            }
        });
        return verb;
    }
}
