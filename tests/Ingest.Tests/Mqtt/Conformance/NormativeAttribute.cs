using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>
/// The normative statements that a test holds the server against, by their numbers without <c>MQTT-</c>, with blanks
/// between them; a trait, so that <c>-trait "mqtt5=3.1.2-22"</c> runs one. docs/mqtt.md has the table.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NormativeAttribute(string v5, string v311 = "") : Attribute, ITraitAttribute
{
    public string V5 => v5;
    public string V311 => v311;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() =>
        [.. Numbers(v5).Select(n => KeyValuePair.Create("mqtt5", n)), .. Numbers(v311).Select(n => KeyValuePair.Create("mqtt3", n))];

    private static string[] Numbers(string list) => list.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>One run of a theory at MQTT 3.1.1 (protocol level 4), one at 5.0 (5).</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class VersionsAttribute : DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([new TheoryDataRow(4), new TheoryDataRow(5)]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
