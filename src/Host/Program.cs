using System.CommandLine;
using System.CommandLine.Help;
using Fleet.Host.Verbs;

// The `fleet` program: one verb a file. Exit codes: 0 done, 1 failed, 2 wrong arguments or settings.
var root = new Command("fleet", "Fleet watches a fleet of POS payment terminals. Settings are --Section:Name=value; ./fleet bench is the load runner beside it.")
{
    new HelpOption(),
    new VersionOption(),
    RunVerb.Create(),
    CheckVerb.Create(),
    SimulateVerb.Create(),
    DemoVerb.Create(),
    ReplayVerb.Create(),
    TerminalsVerb.Create(),
    CredentialsVerb.Create(),
    TokensVerb.Create(),
};
var parsed = root.Parse(args);
return parsed.Errors.Count > 0 ? await Fail(parsed) : await parsed.InvokeAsync();

static async Task<int> Fail(ParseResult parsed)
{
    await parsed.InvokeAsync();
    return 2;
}
