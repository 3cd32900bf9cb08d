namespace Fleet.Simulator.Terminals;

/// <summary>A portable terminal's battery: carried around for a while, then back on its cradle well before it is low.</summary>
internal sealed class Battery(Random random)
{
    private const double DrainPerHour = 0.12, ChargePerHour = 0.5, DockBelow = 0.6;

    public double Charge { get; private set; } = 0.8 + 0.2 * random.NextDouble();

    public bool IsOnMains { get; private set; } = true;

    public double Volts => Math.Round(3.5 + 0.7 * Charge, 2);

    public double Celsius { get; } = Math.Round(27 + 6 * random.NextDouble());

    public long Cycles { get; } = random.Next(20, 300);

    public void Advance(TimeSpan step)
    {
        Charge = Math.Clamp(Charge + (IsOnMains ? ChargePerHour : -DrainPerHour) * step.TotalHours, 0, 1);
        if (!IsOnMains) IsOnMains = Charge < DockBelow || random.NextChance(step.TotalHours);
        else if (Charge > 0.95) IsOnMains = !random.NextChance(step.TotalHours / 2);
    }
}
