using System.Reflection;

namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>docs/mqtt.md has every test with its statements, and no other.</summary>
public sealed class TableTests
{
    [Fact]
    public void The_table_in_the_docs_is_the_tests()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Fleet.sln"))) folder = folder.Parent!;
        var documented = File.ReadLines(Path.Combine(folder.FullName, "docs", "mqtt.md")).Where(line => line.StartsWith("| [", StringComparison.Ordinal));
        var rows =
            from type in typeof(TableTests).Assembly.GetTypes()
            from method in type.GetMethods()
            let statements = method.GetCustomAttribute<NormativeAttribute>()
            where statements is not null
            select $"| [{method.Name.Replace('_', ' ')}](../tests/Ingest.Tests/Mqtt/Conformance/{type.Name}.cs) | {statements.V5} | {statements.V311} |";
        Assert.Equal(rows.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }
}
