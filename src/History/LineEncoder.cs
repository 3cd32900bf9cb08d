using Fleet.Grains.Reports;
using Fleet.Store;

namespace Fleet.History;

/// <summary>
/// A report as one line of InfluxDB's line protocol: measurement <c>terminal</c>, the registry's tags, one field per reading.
/// Field names are the wire's with their section before them, in snake_case; the report's type decides the field's type
/// (whole numbers <c>i</c>, measurements floats), so that it never changes between lines. Makes no garbage.
/// </summary>
internal static class LineEncoder
{
    /// <param name="registered">What the registry knows of the terminal; null for nothing.</param>
    public static void Encode(Report report, RegisteredTerminal? registered, LineBuffer to)
    {
        to.Raw("terminal"u8);
        to.Tag(",carrier="u8, registered?.Carrier);
        to.Tag(",merchant="u8, registered?.Merchant);
        to.Tag(",model="u8, registered?.Model);
        to.Tag(",serial="u8, report.Serial);
        to.Tag(",site="u8, registered?.Site);
        to.Integer(" seq="u8, report.Seq);
        if (report.Heartbeat is { } heartbeat) Encode(heartbeat, to);
        if (report.Printer is { } printer) Encode(printer, to);
        if (report.Signal is { } signal) Encode(signal, to);
        if (report.Reader is { } reader) Encode(reader, to);
        if (report.Payment is { } payment) Encode(payment, to);
        if (report.Power is { } power) Encode(power, to);
        if (report.System is { } system) Encode(system, to);
        if (report.Security is { } security) Encode(security, to);
        to.End(report.AtMs);
    }

    private static void Encode(Heartbeat heartbeat, LineBuffer to)
    {
        to.Integer(",heartbeat_uptime="u8, heartbeat.UptimeSeconds);
        to.Integer(",heartbeat_interval="u8, heartbeat.IntervalSeconds);
    }

    private static void Encode(Printer printer, LineBuffer to)
    {
        if (printer.State is { } state) to.Text(",printer_state="u8, FieldTexts.Of(state));
        to.Float(",printer_paper="u8, printer.Paper);
        to.Integer(",printer_lines="u8, printer.Lines);
        to.Integer(",printer_cuts="u8, printer.Cuts);
        to.Integer(",printer_faults="u8, printer.Faults);
        to.Float(",printer_head_celsius="u8, printer.HeadCelsius);
    }

    private static void Encode(Signal signal, LineBuffer to)
    {
        if (signal.Link is { } link) to.Text(",signal_link="u8, FieldTexts.Of(link));
        if (signal.Rat is { } rat) to.Text(",signal_rat="u8, FieldTexts.Of(rat));
        to.Float(",signal_rssi="u8, signal.RssiDbm);
        to.Float(",signal_rsrp="u8, signal.RsrpDbm);
        to.Float(",signal_rsrq="u8, signal.RsrqDb);
        to.Float(",signal_snr="u8, signal.SnrDb);
        if (signal.Cell is { } cell) to.Text(",signal_cell="u8, cell);
        if (signal.Carrier is { } carrier) to.Text(",signal_carrier="u8, carrier);
        if (signal.Sim is { } sim) to.Text(",signal_sim="u8, FieldTexts.Of(sim));
        if (signal.Iccid is { } iccid) to.Text(",signal_iccid="u8, iccid);
    }

    private static void Encode(CardReader reader, LineBuffer to)
    {
        if (reader.Swipe is { } swipe)
        {
            to.Integer(",reader_swipe_ok="u8, swipe.Ok);
            to.Integer(",reader_swipe_failed="u8, swipe.Failed);
            to.Integer(",reader_swipe_unreadable="u8, swipe.Unreadable);
            to.Integer(",reader_swipe_cards="u8, swipe.Cards);
        }
        if (reader.Chip is { } chip)
        {
            to.Integer(",reader_chip_ok="u8, chip.Ok);
            to.Integer(",reader_chip_failed="u8, chip.Failed);
            to.Integer(",reader_chip_unreadable="u8, chip.Unreadable);
            to.Integer(",reader_chip_cards="u8, chip.Cards);
        }
        if (reader.Tap is { } tap)
        {
            to.Integer(",reader_tap_ok="u8, tap.Ok);
            to.Integer(",reader_tap_failed="u8, tap.Failed);
            to.Integer(",reader_tap_unreadable="u8, tap.Unreadable);
            to.Integer(",reader_tap_cards="u8, tap.Cards);
        }
    }

    private static void Encode(Payment payment, LineBuffer to)
    {
        to.Integer(",payment_approved="u8, payment.Approved);
        if (payment.Declined is { } declined)
            foreach (var (code, count) in declined)
            {
                to.Raw(",payment_declined_"u8);
                to.Key(code);
                to.Integer("="u8, count);
            }
        to.Integer(",payment_receipts="u8, payment.Receipts);
        to.Integer(",payment_unsent="u8, payment.Unsent);
        to.Integer(",payment_amount="u8, payment.Amount);
        to.Integer(",payment_voids="u8, payment.Voids);
        to.Integer(",payment_refunds="u8, payment.Refunds);
    }

    private static void Encode(Power power, LineBuffer to)
    {
        if (power.Source is { } source) to.Text(",power_source="u8, FieldTexts.Of(source));
        to.Float(",power_battery="u8, power.Battery);
        to.Float(",power_volts="u8, power.Volts);
        to.Float(",power_celsius="u8, power.Celsius);
        to.Integer(",power_cycles="u8, power.Cycles);
        to.Float(",power_health="u8, power.Health);
    }

    private static void Encode(SystemHealth system, LineBuffer to)
    {
        to.Integer(",system_memory_free="u8, system.MemoryFreeBytes);
        to.Integer(",system_storage_free="u8, system.StorageFreeBytes);
        to.Integer(",system_reboots="u8, system.Reboots);
        to.Integer(",system_crashes="u8, system.Crashes);
        if (system.Firmware is { } firmware) to.Text(",system_firmware="u8, firmware);
        if (system.App is { } app) to.Text(",system_app="u8, app);
        if (system.Patch is { } patch) to.Text(",system_patch="u8, patch);
        if (system.Errors is { Length: > 0 } errors)
            to.Text(",system_errors="u8, errors.Length == 1 ? errors[0] : string.Join(' ', errors));
    }

    private static void Encode(Security security, LineBuffer to)
    {
        to.Boolean(",security_tamper="u8, security.Tamper);
        to.Boolean(",security_password_locked="u8, security.PasswordLocked);
        to.Float(",security_lat="u8, security.Latitude);
        to.Float(",security_lon="u8, security.Longitude);
        to.Boolean(",security_keys_erased="u8, security.KeysErased);
        to.Float(",security_accuracy="u8, security.AccuracyMetres);
    }
}
