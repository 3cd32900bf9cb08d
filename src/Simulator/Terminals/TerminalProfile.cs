namespace Fleet.Simulator.Terminals;

/// <summary>What a terminal is and where it stands; does not change while it runs.</summary>
/// <param name="RsrpDbm">Mean LTE power at its place.</param>
/// <param name="SnrDb">Mean signal to noise at its place.</param>
/// <param name="CustomersPerHour">How busy the shop is.</param>
/// <param name="SwipeShare">Share of customers who swipe; of the rest four in ten insert and six tap.</param>
/// <param name="Paper">Share of the roll that is left at the start.</param>
public sealed record TerminalProfile(
    string Serial, string Model, string Carrier, double RsrpDbm, double SnrDb, double CustomersPerHour, double SwipeShare, double Paper)
{
    private static readonly string[] s_models = ["PAX A920", "Sunmi P2", "Verifone V400m", "Ingenico Move5000"];

    /// <summary>
    /// A healthy place: the worst that <see cref="RadioPlace"/> makes of it is still well above the classes that alarm,
    /// and the roll is far from its end.
    /// </summary>
    public static TerminalProfile Healthy(string serial, Random random, string? model = null, string? carrier = null) => new(
        serial, model ?? s_models[random.Next(s_models.Length)], carrier ?? "46000",
        RsrpDbm: -88 + 10 * random.NextDouble(), SnrDb: 13 + 6 * random.NextDouble(),
        CustomersPerHour: 10 + 20 * random.NextDouble(), SwipeShare: 0.15 + 0.2 * random.NextDouble(),
        Paper: 0.6 + 0.35 * random.NextDouble());
}
