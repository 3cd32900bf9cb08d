using Microsoft.Extensions.Options;

namespace Fleet.Alerts;

/// <summary>Collects what is wrong with the settings of one section; every line names the setting and its value.</summary>
internal sealed class SettingRules(string section)
{
    private readonly List<string> _broken = [];

    public ValidateOptionsResult Result => _broken.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(_broken);

    public void Broken(string setting, object value, string rule) => _broken.Add($"{section}:{setting} is {value}, but {rule}.");

    public void Range<T>(string setting, T value, T least, T most) where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0) Broken(setting, value, $"must be from {least} to {most}");
    }
}
