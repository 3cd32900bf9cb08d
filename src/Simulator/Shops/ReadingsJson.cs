using System.Text.Json;

namespace Fleet.Simulator.Shops;

/// <summary>Readings as the wire has them (docs/wire.md).</summary>
internal static class ReadingsJson
{
    public static byte[] Write(in Readings now, int intervalSeconds)
    {
        using var buffer = new MemoryStream(1536);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("at", now.AtMs);
            json.WriteNumber("seq", now.Seq);
            json.WriteStartObject("heartbeat");
            json.WriteNumber("uptime", now.UptimeSeconds);
            json.WriteNumber("interval", intervalSeconds);
            json.WriteEndObject();
            Printer(json, now);
            Signal(json, now);
            json.WriteStartObject("reader");
            Reads(json, "swipe", now.Swipe);
            Reads(json, "chip", now.Chip);
            Reads(json, "tap", now.Tap);
            json.WriteEndObject();
            Payment(json, now);
            Power(json, now);
            System(json, now);
            json.WriteStartObject("security");
            json.WriteBoolean("tamper", now.Tamper);
            json.WriteBoolean("passwordLocked", now.PasswordLocked);
            json.WriteNumber("lat", Math.Round(now.Latitude, 6));
            json.WriteNumber("lon", Math.Round(now.Longitude, 6));
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    private static void Printer(Utf8JsonWriter json, in Readings now)
    {
        json.WriteStartObject("printer");
        json.WriteString("state", now.Printer switch
        {
            PrinterSays.PaperOut => "paper-out",
            PrinterSays.CoverOpen => "cover-open",
            PrinterSays.Jam => "jam",
            PrinterSays.Malfunction => "malfunction",
            PrinterSays.VoltageLow => "voltage-low",
            _ => "ok",
        });
        json.WriteNumber("paper", Math.Round(now.Paper, 4));
        json.WriteNumber("lines", now.Lines);
        json.WriteNumber("cuts", now.Cuts);
        json.WriteNumber("faults", now.PrinterFaults);
        json.WriteNumber("headCelsius", now.HeadCelsius);
        json.WriteEndObject();
    }

    private static void Signal(Utf8JsonWriter json, in Readings now)
    {
        json.WriteStartObject("signal");
        json.WriteString("link", now.Link switch { LinkKind.Wifi => "wifi", LinkKind.Wired => "wired", LinkKind.None => "none", _ => "cellular" });
        if (now.Link == LinkKind.Cellular)
        {
            json.WriteString("rat", "lte");
            json.WriteNumber("rsrp", now.RsrpDbm);
            json.WriteNumber("rssi", now.RsrpDbm + 24);
            json.WriteNumber("snr", now.SnrDb);
            json.WriteString("cell", now.Cell);
            json.WriteString("carrier", now.Carrier);
        }
        json.WriteString("sim", now.SimDenied ? "denied" : "ready");
        json.WriteString("iccid", now.Iccid);
        json.WriteEndObject();
    }

    private static void Reads(Utf8JsonWriter json, string way, in ReadCounts counts)
    {
        json.WriteStartObject(way);
        json.WriteNumber("ok", counts.Ok);
        json.WriteNumber("failed", counts.Failed);
        json.WriteNumber("unreadable", counts.Unreadable);
        json.WriteNumber("cards", counts.Cards);
        json.WriteEndObject();
    }

    private static void Payment(Utf8JsonWriter json, in Readings now)
    {
        json.WriteStartObject("payment");
        json.WriteNumber("approved", now.Approved);
        json.WriteStartObject("declined");
        json.WriteNumber("51", now.Declined51);
        json.WriteNumber("55", now.Declined55);
        json.WriteNumber("61", now.Declined61);
        json.WriteNumber("75", now.Declined75);
        json.WriteNumber("91", now.Declined91);
        json.WriteEndObject();
        json.WriteNumber("receipts", now.Receipts);
        json.WriteNumber("unsent", now.Unsent);
        json.WriteNumber("amount", now.Amount);
        json.WriteEndObject();
    }

    private static void Power(Utf8JsonWriter json, in Readings now)
    {
        json.WriteStartObject("power");
        json.WriteString("source", now.OnMains ? "mains" : "battery");
        json.WriteNumber("volts", now.Volts);
        json.WriteNumber("celsius", Math.Round(now.Celsius, 1));
        if (now.HasBattery)
        {
            json.WriteNumber("battery", Math.Round(now.Battery, 3));
            json.WriteNumber("cycles", now.Cycles);
            json.WriteNumber("health", Math.Round(now.Health, 3));
        }
        json.WriteEndObject();
    }

    private static void System(Utf8JsonWriter json, in Readings now)
    {
        json.WriteStartObject("system");
        json.WriteNumber("memoryFree", now.MemoryFree);
        json.WriteNumber("storageFree", now.StorageFree);
        json.WriteNumber("reboots", now.Reboots);
        json.WriteNumber("crashes", now.Crashes);
        json.WriteString("firmware", now.Firmware);
        json.WriteString("app", now.App);
        json.WriteString("patch", now.Patch);
        json.WriteStartArray("errors");
        if (now.Error is not null) json.WriteStringValue(now.Error);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
