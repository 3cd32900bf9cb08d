using System.ComponentModel;
using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.Extensions.Logging;

namespace Fleet.House_Tests;

/// <summary>The rules of the house that a program can check: who may use whom, names, sizes, numbers, and docs that are true.</summary>
public sealed partial class HouseRulesTests
{
    private const int MostLines = 280;

    private static readonly Dictionary<string, string[]> s_mayUse = new()
    {
        ["Grains"] = [],
        ["Store"] = ["Grains"],
        ["Ingest"] = ["Grains", "Store"],
        ["History"] = ["Grains", "Store"],
        ["Alerts"] = ["Grains", "Store"],
        ["Simulator"] = [],
        ["Host"] = ["Grains", "Store", "Ingest", "History", "Alerts", "Simulator"],
    };

    private static readonly Dictionary<string, int> s_firstLogNumber = new()
    {
        ["Ingest"] = 1000, ["History"] = 2000, ["Alerts"] = 3000, ["Grains"] = 4000, ["Host"] = 5000, ["Store"] = 6000, ["Simulator"] = 7000,
    };

    private static readonly string[] s_emptyNames = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Processor", "Service", "Data", "Info"];

    private static readonly string s_root = Root();

    private static Assembly[] Rooms { get; } = [.. s_mayUse.Keys.Select(room => Assembly.Load($"Fleet.{room}"))];

    [Fact]
    public void A_room_uses_only_the_rooms_it_may()
    {
        foreach (var (room, allowed) in s_mayUse)
        {
            var named = ProjectItems(room, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path)!);
            var used = Assembly.Load($"Fleet.{room}").GetReferencedAssemblies().Select(a => a.Name!).Where(a => a.StartsWith("Fleet.", StringComparison.Ordinal)).Select(a => a["Fleet.".Length..]);
            Assert.Empty(named.Concat(used).Except(allowed).Select(other => $"{room} uses {other}"));
        }
        Assert.Equal(s_mayUse.Keys.Order(StringComparer.Ordinal), Directory.GetDirectories(Path.Combine(s_root, "src")).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_grains_know_no_package_but_orleans() =>
        Assert.All(ProjectItems("Grains", "PackageReference"), package => Assert.StartsWith("Microsoft.Orleans.", package, StringComparison.Ordinal));

    [Fact]
    public void Types_are_sealed_unless_they_are_inherited()
    {
        Assert.Contains(typeof(Grains.Terminals.Terminal), OwnTypes());
        var inherited = OwnTypes().Select(type => type.BaseType).OfType<Type>().Select(type => type.IsGenericType ? type.GetGenericTypeDefinition() : type).ToHashSet();
        Assert.Empty(OwnTypes().Where(type => type.IsClass && !type.IsSealed && !type.IsAbstract && !inherited.Contains(type)).Select(type => $"{type} is not sealed"));
    }

    [Fact]
    public void Names_say_what_a_thing_is() =>
        Assert.DoesNotContain(OwnTypes().Select(type => type.Name.Split('`')[0]), name => s_emptyNames.Any(empty => name.EndsWith(empty, StringComparison.Ordinal)));

    [Fact]
    public void A_file_fits_a_few_screens() =>
        Assert.Empty(Sources().Select(file => (file, lines: File.ReadLines(file).Count())).Where(f => f.lines >= MostLines).Select(f => $"{Shown(f.file)} has {f.lines} lines"));

    [Fact]
    public void Log_messages_have_numbers_of_their_own_in_their_rooms_range_and_operations_knows_them()
    {
        var seen = new Dictionary<int, string>();
        var documented = NumberRange().Matches(Doc("docs/operations.md")).Select(m => (From: int.Parse(m.Groups[1].Value, null), To: int.Parse(m.Groups[2].Value, null))).ToList();
        foreach (var room in s_mayUse.Keys)
        {
            foreach (var (where, message) in LogMessages(Assembly.Load($"Fleet.{room}")))
            {
                Assert.InRange(message.EventId, s_firstLogNumber[room], s_firstLogNumber[room] + 999);
                Assert.True(seen.TryAdd(message.EventId, where), $"{message.EventId} is of {where} and of {seen.GetValueOrDefault(message.EventId)}");
                Assert.False(string.IsNullOrWhiteSpace(message.Message), where);
                Assert.True(documented.Exists(range => range.From <= message.EventId && message.EventId <= range.To), $"docs/operations.md does not know {message.EventId}");
            }
        }
        Assert.NotEmpty(seen);
    }

    [Fact]
    public void Metrics_have_units_and_descriptions_and_operations_knows_them()
    {
        var instruments = new List<Instrument>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name.StartsWith("Fleet.", StringComparison.Ordinal)) instruments.Add(instrument);
        };
        listener.Start();
        foreach (var type in OwnTypes().Where(type => type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public).Any(field => field.FieldType == typeof(Meter))))
            RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        Assert.NotEmpty(instruments);
        Assert.All(instruments, i => Assert.False(string.IsNullOrEmpty(i.Unit) || string.IsNullOrEmpty(i.Description), i.Name));

        // Also those that are made later: every name in the sources.
        var operations = Doc("docs/operations.md");
        var names = Sources().SelectMany(file => MetricName().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value)).ToList();
        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.Contains($"`{name.Replace('.', '_')}", operations, StringComparison.Ordinal));
    }

    [Fact]
    public void Links_in_the_docs_lead_somewhere()
    {
        var broken = new List<string>();
        foreach (var file in Docs())
        {
            foreach (var link in Link().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value))
            {
                if (link.Contains("://", StringComparison.Ordinal) || link.StartsWith("mailto:", StringComparison.Ordinal)) continue;
                var (path, anchor) = link.Split('#') is [var p, var a] ? (p, a) : (link, null);
                var target = path.Length == 0 ? file : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, path));
                if (!Path.Exists(target) || (anchor is not null && target.EndsWith(".md", StringComparison.Ordinal) && !Anchors(target).Contains(anchor)))
                    broken.Add($"{Shown(file)}: {link}");
            }
        }
        Assert.Empty(broken);
    }

    [Fact]
    public void Source_files_the_docs_name_are_there()
    {
        var sources = Directory.EnumerateFiles(s_root, "*.cs", SearchOption.AllDirectories).Select(file => '/' + Shown(file)).Where(IsNoOutput).ToList();
        var missing = Docs().SelectMany(file => SourceFile().Matches(File.ReadAllText(file)).Select(m => (file, name: m.Groups[1].Value)))
            .Where(n => !n.name.Contains("Yours", StringComparison.Ordinal)) // the reader's own
            .Where(n => !sources.Exists(source => source.EndsWith('/' + n.name, StringComparison.Ordinal)))
            .Select(n => $"{Shown(n.file)}: {n.name}");
        Assert.Empty(missing);
    }

    [Fact]
    public void The_readmes_settings_are_the_codes_with_their_defaults()
    {
        var readme = SettingRow().Matches(Doc("README.md")).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value.Trim());
        var inCode = new Dictionary<string, (Type Type, object? Default)>();
        foreach (var (section, type) in SettingTypes()) AddSettings(section, type, inCode);
        // Of the thresholds README names an example: their records are their documentation.
        foreach (var name in readme.Keys.Where(name => name.StartsWith("Faults:", StringComparison.Ordinal)))
        {
            object? value = Grains.Faults.FaultLimits.Default;
            foreach (var part in name.Split(':')[1..]) value = value!.GetType().GetProperty(part)?.GetValue(value) ?? throw new InvalidOperationException($"README names {name}, which is no threshold");
            inCode.Add(name, (value!.GetType(), value));
        }

        var host = string.Concat(Directory.EnumerateFiles(Path.Combine(s_root, "src/Host"), "*.cs", SearchOption.AllDirectories).Select(Shown).Where(IsNoOutput).Select(Doc));
        foreach (var single in readme.Keys.Where(name => !inCode.ContainsKey(name)))
            Assert.True(single == "Logging:LogLevel" || host.Contains($"\"{single}\"", StringComparison.Ordinal), $"README names {single}, which no code reads");
        Assert.Empty(inCode.Keys.Except(readme.Keys).Select(name => $"README does not name {name}"));

        foreach (var (name, (type, value)) in inCode)
        {
            var written = readme[name];
            if (written == "none") Assert.True(value is null or "", $"{name} is {value} by default, README says none");
            else if (written.StartsWith('`')) Assert.Equal(value, TypeDescriptor.GetConverter(type).ConvertFromInvariantString(written.Trim('`')));
        }
        var sections = (string[])Assembly.Load("Fleet.Host").GetType("Fleet.Host.Settings", throwOnError: true)!.GetField("s_sections", BindingFlags.Static | BindingFlags.NonPublic)!.GetValue(null)!;
        Assert.Equal(sections.Order(StringComparer.Ordinal), readme.Keys.Select(name => name.Split(':')[0]).Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>Every type named Options that a section is bound to; a section may have several.</summary>
    private static IEnumerable<(string Section, Type Type)> SettingTypes()
    {
        foreach (var type in OwnTypes().Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) && type.Assembly.GetName().Name != "Fleet.Simulator"))
        {
            if (type.GetField("Section")?.GetRawConstantValue() is string section) yield return (section, type);
            else if (type.Name is "SiloOptions" or "NodeOptions") yield return ("Cluster", type);
            else if (type.Name is "MqttOptions" or "JournalOptions" or "BridgeOptions") yield return (type.Name[..^"Options".Length], type);
            else Assert.True(type.Name is "TlsOptions" or "OutboxOptions" or "BrokerOptions", $"{type} is bound to no section this test knows");
        }
    }

    private static void AddSettings(string section, Type type, Dictionary<string, (Type, object?)> to)
    {
        var defaults = Activator.CreateInstance(type, nonPublic: true);
        foreach (var property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public).Where(p => p.CanWrite))
        {
            var name = $"{section}:{property.Name}";
            if (property.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal)) AddSettings(name, property.PropertyType, to);
            else if (property.PropertyType is { IsGenericType: true, GenericTypeArguments: [var element] } && element.Name.EndsWith("Options", StringComparison.Ordinal)) AddSettings($"{name}:0", element, to);
            else to.Add(name, (property.PropertyType, property.GetValue(defaults)));
        }
    }

    private static IEnumerable<(string Where, LoggerMessageAttribute Message)> LogMessages(Assembly room) =>
        from type in room.GetTypes()
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        let message = method.GetCustomAttribute<LoggerMessageAttribute>()
        where message is not null
        select ($"{type}.{method.Name}", message);

    private static IEnumerable<Type> OwnTypes() => Rooms.SelectMany(room => room.GetTypes()).Where(type =>
        type.Namespace?.StartsWith("Fleet", StringComparison.Ordinal) == true && !type.Name.Contains('<', StringComparison.Ordinal)
        && !typeof(Delegate).IsAssignableFrom(type) && !IsGenerated(type));

    private static bool IsGenerated(Type type) =>
        type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) || type.IsDefined(typeof(System.CodeDom.Compiler.GeneratedCodeAttribute), inherit: false)
        || (type.DeclaringType is { } outer && IsGenerated(outer));

    private static IEnumerable<string> ProjectItems(string room, string item) =>
        XDocument.Load(Path.Combine(s_root, "src", room, $"{room}.csproj")).Descendants(item).Select(e => e.Attribute("Include")!.Value);

    private static IEnumerable<string> Sources() =>
        Directory.EnumerateFiles(Path.Combine(s_root, "src"), "*.cs", SearchOption.AllDirectories).Where(file => IsNoOutput('/' + Shown(file)));

    private static IEnumerable<string> Docs() =>
        Directory.EnumerateFiles(s_root, "*.md", SearchOption.AllDirectories).Where(file => IsNoOutput('/' + Shown(file)));

    private static bool IsNoOutput(string path) =>
        !path.Contains("/bin/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/node_modules/", StringComparison.Ordinal);

    private static string Doc(string path) => File.ReadAllText(Path.Combine(s_root, path));

    private static string Shown(string path) => Path.GetRelativePath(s_root, path).Replace('\\', '/');

    /// <summary>The anchors of a file's headings, as GitHub makes them.</summary>
    private static HashSet<string> Anchors(string file) =>
        [.. Heading().Matches(File.ReadAllText(file)).Select(m => NoAnchor().Replace(m.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'))];

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Fleet.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"There is no Fleet.sln above {AppContext.BaseDirectory}.");
    }

    [GeneratedRegex(@"^\| (\d{4})–(\d{4}) \|", RegexOptions.Multiline)]
    private static partial Regex NumberRange();

    [GeneratedRegex("""
        "(fleet\.[a-z_]+\.[a-z_.]+)"
        """)]
    private static partial Regex MetricName();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`([\w./-]+\.cs)`")]
    private static partial Regex SourceFile();

    [GeneratedRegex(@"^\| `([A-Z]\w+(?::\w+)+)` \| ([^|]*)\|", RegexOptions.Multiline)]
    private static partial Regex SettingRow();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NoAnchor();
}
