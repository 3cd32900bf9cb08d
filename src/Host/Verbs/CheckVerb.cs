using System.CommandLine;

namespace Fleet.Host.Verbs;

/// <summary><c>fleet check</c>: reads settings, catalogue and rules as <c>fleet run</c> would, and says what is wrong with them.</summary>
internal static class CheckVerb
{
    public static Command Create()
    {
        var verb = new Command("check", "Check settings, catalogue and rules without starting anything.") { TreatUnmatchedTokensAsErrors = false };
        verb.SetAction((parsed, _) => CheckAsync(parsed.UnmatchedTokens));
        return verb;
    }

    private static async Task<int> CheckAsync(IReadOnlyList<string> settings)
    {
        try
        {
            await using var app = FleetServer.Build(settings);
            var catalogue = app.Services.GetRequiredService<Alerts.Catalogue.FaultCatalogue>(); // loading it checks it
            if (app.Configuration["Rules:Path"] is { Length: > 0 } rules) catalogue.Know(Grains.Rules.RuleFile.Load(rules));
            if (app.Services.GetRequiredService<Ingest.Mqtt.Tls>().Trouble is { } trouble) throw new SettingsException(trouble); // its files are read too
            Console.WriteLine("settings, catalogue and rules are good");
            return 0;
        }
        catch (Exception e) when (RunVerb.Explain(e) is { } message)
        {
            await Console.Error.WriteLineAsync($"fleet: {message}");
            return 2;
        }
    }
}
