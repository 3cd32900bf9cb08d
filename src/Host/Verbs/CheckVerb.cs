using System.CommandLine;

namespace Fleet.Host.Verbs;

/// <summary><c>fleet check</c>: reads settings and catalogue as <c>fleet run</c> would, and says what is wrong with them.</summary>
internal static class CheckVerb
{
    public static Command Create()
    {
        var verb = new Command("check", "Check settings and catalogue without starting anything.") { TreatUnmatchedTokensAsErrors = false };
        verb.SetAction((parsed, _) => CheckAsync(parsed.UnmatchedTokens));
        return verb;
    }

    private static async Task<int> CheckAsync(IReadOnlyList<string> settings)
    {
        try
        {
            await using var app = FleetServer.Build(settings);
            app.Services.GetRequiredService<Alerts.Catalogue.FaultCatalogue>(); // loading it checks it
            if (app.Services.GetRequiredService<Ingest.Mqtt.Tls>().Trouble is { } trouble) throw new SettingsException(trouble); // its files are read too
            Console.WriteLine("settings and catalogue are good");
            return 0;
        }
        catch (Exception e) when (RunVerb.Explain(e) is { } message)
        {
            await Console.Error.WriteLineAsync($"fleet: {message}");
            return 2;
        }
    }
}
