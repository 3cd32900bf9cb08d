namespace Fleet.Alerts;

/// <summary>A where clause of the conditions that apply.</summary>
internal sealed class Conditions
{
    private readonly List<string> _conditions = [];

    public Conditions And(bool applies, string condition)
    {
        if (applies) _conditions.Add(condition);
        return this;
    }

    public override string ToString() => _conditions.Count == 0 ? "" : $"where {string.Join(" and ", _conditions)}";
}
