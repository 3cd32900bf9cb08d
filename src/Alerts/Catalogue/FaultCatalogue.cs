using System.Collections.Frozen;
using System.Collections.Immutable;
using Fleet.Grains.Rules;

namespace Fleet.Alerts.Catalogue;

/// <summary>
/// All faults the product knows, with the texts people act on. One reviewed file ships with the product; an operator's
/// override file replaces single fields of single faults. What is loaded is complete, or loading throws.
/// </summary>
public sealed class FaultCatalogue
{
    private readonly FrozenDictionary<string, Fault> _byCode;
    private volatile FrozenDictionary<string, Fault> _ofRules = FrozenDictionary<string, Fault>.Empty;

    internal FaultCatalogue(ImmutableArray<Fault> faults)
    {
        All = faults;
        _byCode = faults.ToFrozenDictionary(f => f.Code);
    }

    /// <summary>In the order of the file.</summary>
    public ImmutableArray<Fault> All { get; }

    /// <summary>The file that ships beside the program.</summary>
    public static string ShippedPath => Path.Combine(AppContext.BaseDirectory, "catalogue.json");

    public Fault? Find(string code) => _byCode.GetValueOrDefault(code) ?? _ofRules.GetValueOrDefault(code);

    /// <summary>The operator's rules that stand from now on are faults, too. Those that went stay known: their alerts may still be open.</summary>
    /// <exception cref="CatalogueException">Names the rule, the field and the value; nothing has changed then.</exception>
    public void Know(RuleSet rules)
    {
        var faults = _ofRules.ToDictionary();
        foreach (var rule in rules.All) faults[rule.Code] = RuleFault.Of(rule);
        _ofRules = faults.ToFrozenDictionary();
    }

    /// <summary>The fault of a code; a stand-in where the catalogue does not know it.</summary>
    public Fault Of(string code) => Find(code) ?? Fault.Unlisted(code);

    /// <summary>Loads the shipped catalogue and, where given, the operator's overrides.</summary>
    /// <exception cref="CatalogueException">Names the file, the fault, the field and the value.</exception>
    public static FaultCatalogue Load(string? overridePath = null) => LoadFrom(ShippedPath, overridePath);

    internal static FaultCatalogue LoadFrom(string path, string? overridePath)
    {
        var rows = CatalogueFile.Open(path);
        if (!string.IsNullOrEmpty(overridePath)) rows = rows.OverriddenBy(CatalogueFile.Open(overridePath));
        return new(rows.Read());
    }
}

/// <summary>A catalogue file says something wrong; the message names the file, the fault, the field and the value.</summary>
public sealed class CatalogueException : Exception
{
    public CatalogueException() { }

    public CatalogueException(string message) : base(message) { }

    public CatalogueException(string message, Exception inner) : base(message, inner) { }
}
