using System.Globalization;
using Fleet.Alerts;
using Fleet.Grains;

namespace Fleet.Host.Replay;

/// <summary>What a replay found in all, under the settings asked for and under the shipped ones.</summary>
internal sealed class ReplayTotals
{
    private readonly SortedDictionary<string, (int Asked, int Shipped)> _raised = new(StringComparer.Ordinal);
    private int _terminals, _refused;

    public long Reports { get; set; }

    public void Add(Rerun asked, Rerun shipped)
    {
        _terminals++;
        _refused += asked.Refused;
        foreach (var finding in asked.Findings) Count(finding, asked: 1, shipped: 0);
        foreach (var finding in shipped.Findings) Count(finding, asked: 0, shipped: 1);
    }

    public void Write(TextWriter to)
    {
        to.WriteLine($"{"FAULT",-24}{"RAISED",8}{"AS SHIPPED",12}");
        foreach (var (fault, (asked, shipped)) in _raised) to.WriteLine($"{fault,-24}{asked,8}{shipped,12}");
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Reports} reports of {_terminals} terminals, {_refused} refused"));
    }

    public static string Line(Finding finding)
    {
        var evidence = string.Join(' ', finding.Evidence.Select(e => e.Number is { } number ? string.Create(CultureInfo.InvariantCulture, $"{e.Name}={number}") : $"{e.Name}={e.Text}"));
        return $"{Iso8601.Text(finding.AtMs)}  {finding.Subject,-16} {finding.Fault,-20} {finding.Kind.ToString().ToUpperInvariant(),-8} {evidence}";
    }

    private void Count(Finding finding, int asked, int shipped)
    {
        if (finding.Kind != FindingKind.Raised) return;
        var (a, s) = _raised.GetValueOrDefault(finding.Fault);
        _raised[finding.Fault] = (a + asked, s + shipped);
    }
}
