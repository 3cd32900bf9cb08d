using System.Linq.Expressions;
using System.Reflection;
using Fleet.Grains.Reports;
using Fleet.Store;

namespace Fleet.History.Tests;

/// <summary>Reports and terminals that are right by default.</summary>
internal static class Some
{
    /// <summary>2026-09-21 14:13:20 UTC.</summary>
    public const long AtMs = 1_790_000_000_000;

    public static RegisteredTerminal Terminal(string serial) => new(serial, "Corner Café", "S-17", "A920", "46000");

    /// <summary>A report as terminals send it every minute: 15 fields.</summary>
    public static Report Report(string serial = "T1", long at = AtMs, long seq = 42) => new Report { Serial = serial }
        .With(r => r.AtMs, at).With(r => r.Seq, seq)
        .With(r => r.Heartbeat, new Heartbeat().With(h => h.UptimeSeconds, 86400).With(h => h.IntervalSeconds, 60))
        .With(r => r.Printer, new Printer().With(p => p.State, PrinterState.Ok).With(p => p.Paper, 0.35).With(p => p.Lines, 123456).With(p => p.HeadCelsius, 41.5))
        .With(r => r.Signal, new Signal().With(s => s.Link, Link.Cellular).With(s => s.RsrpDbm, -101).With(s => s.SnrDb, 4.5))
        .With(r => r.Reader, new CardReader().With(c => c.Swipe, new Reads().With(s => s.Ok, 100).With(s => s.Failed, 3)))
        .With(r => r.Payment, new Payment().With(p => p.Approved, 88).With(p => p.Declined, [new Decline("51", 2)]).With(p => p.Unsent, 0));

    public static Report Bare(string serial = "T1", long at = AtMs, long seq = 42) =>
        new Report { Serial = serial }.With(r => r.AtMs, at).With(r => r.Seq, seq);

    /// <summary>Sets what only the wire's reader may set outside of tests; nothing else sees the object yet.</summary>
    public static T With<T, TValue>(this T target, Expression<Func<T, TValue>> property, TValue value) where T : class
    {
        ((PropertyInfo)((MemberExpression)property.Body).Member).SetValue(target, value);
        return target;
    }
}
