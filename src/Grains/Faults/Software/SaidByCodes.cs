using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains.Faults;

/// <summary>
/// What a vendor's codes say in place of fields that a report leaves out, so that "out of paper" is <c>paper-out</c>
/// by whichever of the two it is said. A report's own word wins. The list of codes is of those that stand now: what a code
/// said is over with the first list without one that says it. 1 byte.
/// </summary>
internal struct SaidByCodes
{
    public const string Sayable = "printer.state, security.tamper, security.keysErased or security.passwordLocked";

    [Flags]
    private enum Fields : byte { None = 0, Printer = 1, Tamper = 2, Keys = 4, Password = 8 }

    /// <summary>Those of which codes say now that something is wrong, and no word of the terminal's own denies it.</summary>
    private byte _fields;

    public static bool CanSay(Report piece) => Of(piece) != Fields.None;

    /// <summary>Whether all that this code says is in the report, and so its fault for another detector to find.</summary>
    public readonly bool Has(ErrorCode? code) => code?.Says is { } says && ((byte)Of(says) & ~_fields) == 0;

    /// <summary>The report with what its codes say.</summary>
    public Report Complete(Report report, ErrorCodes codes)
    {
        var errors = report.System?.Errors;
        if (errors is null && _fields == 0) return report;
        var (state, tamper, keysErased, passwordLocked) = (default(PrinterState?), default(bool?), default(bool?), default(bool?));
        foreach (var code in errors ?? [])
        {
            if (codes.Find(code)?.Says is not { } says) continue;
            state ??= says.Printer?.State; // of two states the first counts
            tamper ??= says.Security?.Tamper;
            keysErased ??= says.Security?.KeysErased;
            passwordLocked ??= says.Security?.PasswordLocked;
        }
        var (own, security, isListed) = (Known(report.Printer), report.Security, errors is not null);
        state = Settle(Fields.Printer, own, state, PrinterState.Ok, isListed);
        tamper = Settle(Fields.Tamper, security?.Tamper, tamper, false, isListed);
        keysErased = Settle(Fields.Keys, security?.KeysErased, keysErased, false, isListed);
        passwordLocked = Settle(Fields.Password, security?.PasswordLocked, passwordLocked, false, isListed);
        return With(report, state, tamper, keysErased, passwordLocked);
    }

    private static PrinterState? Known(Printer? printer) => printer?.State is PrinterState.Unknown ? null : printer?.State;

    private static Fields Of(Report piece) =>
        (Known(piece.Printer) is null ? 0 : Fields.Printer)
        | (piece.Security?.Tamper is null ? 0 : Fields.Tamper)
        | (piece.Security?.KeysErased is null ? 0 : Fields.Keys)
        | (piece.Security?.PasswordLocked is null ? 0 : Fields.Password);

    /// <summary>What a field is said to be by codes; null where the report's own word, or that of before, stands.</summary>
    /// <param name="isListed">Whether the report lists the codes that stand.</param>
    private T? Settle<T>(Fields field, T? own, T? coded, T inOrder, bool isListed) where T : struct
    {
        var wasCoded = (_fields & (byte)field) != 0;
        var isWrong = coded is { } said && !said.Equals(inOrder) && (own is null || own.Value.Equals(said));
        if (isWrong) _fields |= (byte)field;
        else if (own is not null || isListed) _fields &= (byte)~field;
        return own is not null ? null : coded ?? (wasCoded && isListed ? inOrder : null);
    }

    private static Report With(Report report, PrinterState? state, bool? tamper, bool? keysErased, bool? passwordLocked)
    {
        if (state is null && (tamper, keysErased, passwordLocked) == (null, null, null)) return report;
        var (completed, printer, security) = (report.Copy(), report.Printer?.Copy() ?? new(), report.Security?.Copy() ?? new());
        printer.State = state ?? printer.State;
        (security.Tamper, security.KeysErased, security.PasswordLocked) = (tamper ?? security.Tamper, keysErased ?? security.KeysErased, passwordLocked ?? security.PasswordLocked);
        if (state is not null) completed.Printer = printer;
        if ((tamper, keysErased, passwordLocked) != (null, null, null)) completed.Security = security;
        return completed;
    }

    public void Codec(ref StateCodec codec) => codec.Field(ref _fields);
}
