using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace Fleet.Ingest;

/// <summary>Checks options against their <see cref="RangeAttribute"/>s and cross-field rules; an error names the setting, its value and its range.</summary>
internal sealed class RangeRules<T>(string section) : IValidateOptions<T> where T : class
{
    public ValidateOptionsResult Validate(string? name, T options)
    {
        var broken = typeof(T).GetProperties()
            .Select(p => (p.Name, Value: p.GetValue(options), Range: p.GetCustomAttribute<RangeAttribute>()))
            .Where(p => p.Range is { } range && !range.IsValid(p.Value))
            .Select(p => $"{section}:{p.Name} is {p.Value}; it must be from {p.Range!.Minimum} to {p.Range.Maximum}")
            .Concat(options is IValidatableObject rules ? rules.Validate(new(options)).Select(r => r.ErrorMessage!) : [])
            .ToList();
        return broken.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(broken);
    }
}
