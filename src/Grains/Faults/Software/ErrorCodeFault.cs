using System.Collections.Immutable;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// <c>error-code</c>: the terminal reports codes of its maker that stand for a while, with what the dictionary knows of
/// them. A code that means no fault, or one that is raised already, says nothing more, nor does one that says what a
/// field of a report does (<see cref="SaidByCodes"/>): that is for the field's own detector. Gone when none is left. Its
/// hold ends with a list of codes: an alert must name them, and the state does not keep their texts.
/// </summary>
internal struct ErrorCodeFault : IDetector
{
    private HeldAlarm _alarm;

    /// <summary>Which codes were told, by their hashes; 0 for none.</summary>
    private uint _told;
    private SaidByCodes _said;

    public static string Name => "error-code";

    public readonly Alarm Alarm => _alarm.Alarm;

    /// <summary>The report with what its codes say, for all to hear.</summary>
    public Report Complete(Report report, ErrorCodes codes) => _said.Complete(report, codes);

    public void Hear(in Hearing hearing)
    {
        if (hearing.Report.System?.Errors is not { } errors) return;
        var standing = errors.Length == 0 ? [] : Standing(errors, hearing);
        _alarm.See(standing.Count > 0, hearing.AtMs);
        var codes = 0u;
        foreach (var code in standing) codes ^= Parts.Hash(code);
        var holdFor = hearing.Limits.ErrorCode.HoldFor;
        var turnsAtMs = _alarm.TurnsAtMs(holdFor, holdFor);
        if (turnsAtMs != 0 && hearing.AtMs >= turnsAtMs)
        {
            _alarm.Turn(Name, hearing, Evidence(standing, hearing));
            _told = codes;
        }
        else if (_alarm.IsRaised && standing.Count > 0 && codes != _told)
        {
            hearing.Change(Name, _alarm.Alarm, Evidence(standing, hearing));
            _told = codes;
        }
    }

    private readonly List<string> Standing(string[] errors, in Hearing hearing)
    {
        var standing = new List<string>();
        foreach (var code in errors)
        {
            var meaning = hearing.Limits.ErrorCode.Codes.Find(code);
            var fault = meaning?.Fault;
            if (fault == ErrorCode.NoFault || _said.Has(meaning) || (fault is not null and not "error-code" && hearing.IsRaised(fault)) || standing.Contains(code)) continue;
            standing.Add(code);
        }
        return standing;
    }

    private static ImmutableArray<Evidence> Evidence(List<string> standing, in Hearing hearing)
    {
        if (standing.Count == 0) return [];
        var codes = hearing.Limits.ErrorCode.Codes;
        var known = standing.Select(codes.Find).OfType<ErrorCode>().ToArray();
        var evidence = ImmutableArray.CreateBuilder<Evidence>();
        evidence.Add(new("codes", Text: string.Join(", ", standing)));
        if (known.Length > 0) evidence.Add(new("meaning", Text: string.Join("; ", known.Select(code => code.English))));
        if (known.Length > 0) evidence.Add(new("faults", Text: string.Join(", ", known.Select(code => code.Fault).Distinct())));
        if (standing.Count > known.Length) evidence.Add(new("unknownCodes", standing.Count - known.Length));
        return evidence.ToImmutable();
    }

    public void Codec(ref StateCodec codec)
    {
        _alarm.Codec(ref codec);
        codec.Field(ref _told);
        _said.Codec(ref codec);
    }
}
