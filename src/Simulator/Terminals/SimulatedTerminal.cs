using System.Text.Json;

namespace Fleet.Simulator.Terminals;

/// <summary>
/// One believable terminal: it sells, reads cards, prints, wanders in its radio and reboots now and then. Pure: the same
/// profile, seed and steps give the same messages. Healthy it never gives cause for an alarm.
/// </summary>
public sealed class SimulatedTerminal
{
    private const double WornFailureShare = 0.6, RebootsPerHour = 1.0 / 36, PrintShare = 0.8;
    private static readonly string[] s_declines = ["51", "55", "61"];

    private readonly TerminalProfile _profile;
    private readonly Random _random;
    private readonly RadioPlace _radio;
    private readonly Battery _battery;
    private readonly PaperRoll _roll;
    private readonly CardSlot _swipe, _chip, _tap;
    private readonly SortedDictionary<string, long> _declined = new(StringComparer.Ordinal);
    private readonly string _cell;
    private DateTimeOffset _now, _bootedAt, _nextCustomer;
    private long _seq, _approved, _receipts, _amount, _reboots;
    private bool _sawDamagedCard;

    public SimulatedTerminal(TerminalProfile profile, int seed, DateTimeOffset start)
    {
        (_profile, _random, _now) = (profile, new Random(seed), start);
        _radio = new RadioPlace(profile.RsrpDbm, profile.SnrDb, _random);
        _battery = new Battery(_random);
        _roll = new PaperRoll(profile.Paper, _random);
        (_swipe, _chip, _tap) = (new CardSlot(0.02, _random), new CardSlot(0.005, _random), new CardSlot(0.01, _random));
        _cell = $"{profile.Carrier}-{_random.Next(1_000, 9_999)}-c{_random.Next(1, 64)}"; // the letter: never like a card number
        _bootedAt = start - TimeSpan.FromHours(30 * _random.NextDouble());
        _nextCustomer = start + _random.NextGap(profile.CustomersPerHour);
    }

    public string Serial => _profile.Serial;

    /// <summary>Lives until <paramref name="to"/> and then reports; what broke on the way was said at once, before.</summary>
    /// <param name="troubleAt">What is wrong at a moment: a customer between two reports meets what is wrong then.</param>
    /// <param name="interval">The interval the report states: what the server will really see between two reports.</param>
    public IReadOnlyList<OutgoingMessage> Advance(DateTimeOffset to, Func<DateTimeOffset, Trouble> troubleAt, TimeSpan interval)
    {
        var messages = new List<OutgoingMessage>();
        var troubleNow = troubleAt(to);
        if (troubleNow.HasFlag(Trouble.PowerCut))
        {
            (_now, _bootedAt, _nextCustomer) = (to, to, to + _random.NextGap(_profile.CustomersPerHour));
            return messages;
        }
        while (_nextCustomer <= to)
        {
            var (trouble, hadPaper) = (troubleAt(_nextCustomer), !_roll.IsOut);
            Serve(trouble);
            if (!trouble.HasFlag(Trouble.NobodyChangesPaper)) _roll.ChangeIfWorthIt();
            if (hadPaper == _roll.IsOut) messages.Add(Event(_nextCustomer));
            _nextCustomer += _random.NextGap(CustomersPerHour(trouble));
        }
        Damage(troubleNow);
        _radio.IsShadowed = troubleNow.HasFlag(Trouble.WeakSignal);
        _radio.Advance(to - _now);
        _battery.Advance(to - _now);
        if (_random.NextChance(RebootsPerHour * (to - _now).TotalHours)) (_bootedAt, _reboots) = (to, _reboots + 1);
        _now = to;
        messages.Add(Report(to, interval));
        return messages;
    }

    private double CustomersPerHour(Trouble trouble) => _profile.CustomersPerHour * (trouble.HasFlag(Trouble.Rush) ? 4 : 1);

    private void Serve(Trouble trouble)
    {
        if (!ReadCard(trouble)) return;
        if (_random.NextChance(0.03))
        {
            var code = s_declines[_random.Next(s_declines.Length)];
            _declined[code] = _declined.GetValueOrDefault(code) + 1;
            return;
        }
        _approved++;
        _amount += _random.Next(300, 9_000);
        if (_random.NextChance(PrintShare) && _roll.Print()) _receipts++;
    }

    /// <summary>A swipe that fails three times is followed by the chip, which hardly ever fails.</summary>
    private bool ReadCard(Trouble trouble)
    {
        var swipeShare = trouble.HasFlag(Trouble.Rush) ? 0.5 : _profile.SwipeShare;
        if (_random.NextChance(swipeShare))
            return _swipe.Read(trouble.HasFlag(Trouble.SwipeReaderWorn) ? WornFailureShare : null) || _chip.Read();
        return _random.NextChance(0.4) ? _chip.Read() : _tap.Read() || _chip.Read();
    }

    private void Damage(Trouble trouble)
    {
        var isTrying = trouble.HasFlag(Trouble.DamagedCard);
        if (isTrying) _swipe.ReadDamaged(isNew: !_sawDamagedCard);
        _sawDamagedCard = isTrying;
    }

    private OutgoingMessage Event(DateTimeOffset at) => Message("event", at, WritePrinter);

    private OutgoingMessage Report(DateTimeOffset at, TimeSpan interval) => Message("report", at, json =>
    {
        json.WriteStartObject("heartbeat");
        json.WriteNumber("uptime", (long)(at - _bootedAt).TotalSeconds);
        json.WriteNumber("interval", Math.Max(1, (int)Math.Ceiling(interval.TotalSeconds)));
        json.WriteEndObject();
        WritePrinter(json);
        WriteSignal(json);
        WriteReader(json);
        WritePayment(json);
        WritePower(json);
        WriteSystem(json);
        json.WriteStartObject("security");
        json.WriteBoolean("tamper", false);
        json.WriteBoolean("passwordLocked", false);
        json.WriteEndObject();
    });

    private OutgoingMessage Message(string level, DateTimeOffset at, Action<Utf8JsonWriter> sections)
    {
        using var buffer = new MemoryStream(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("at", at.ToUnixTimeMilliseconds());
            json.WriteNumber("seq", ++_seq);
            sections(json);
            json.WriteEndObject();
        }
        return new OutgoingMessage(Serial, level, at, buffer.ToArray());
    }

    private void WritePrinter(Utf8JsonWriter json)
    {
        json.WriteStartObject("printer");
        json.WriteString("state", _roll.IsOut ? "paper-out" : "ok");
        json.WriteNumber("paper", Math.Round(_roll.Left, 3));
        json.WriteNumber("lines", _roll.Lines);
        json.WriteNumber("cuts", _roll.Cuts);
        json.WriteNumber("faults", 0);
        json.WriteEndObject();
    }

    private void WriteSignal(Utf8JsonWriter json)
    {
        json.WriteStartObject("signal");
        json.WriteString("link", "cellular");
        json.WriteString("rat", "lte");
        json.WriteNumber("rssi", _radio.RssiDbm);
        json.WriteNumber("rsrp", _radio.RsrpDbm);
        json.WriteNumber("rsrq", _radio.RsrqDb);
        json.WriteNumber("snr", _radio.SnrDb);
        json.WriteString("cell", _cell);
        json.WriteString("carrier", _profile.Carrier);
        json.WriteString("sim", "ready");
        json.WriteEndObject();
    }

    private void WriteReader(Utf8JsonWriter json)
    {
        json.WriteStartObject("reader");
        foreach (var (name, slot) in new[] { ("swipe", _swipe), ("chip", _chip), ("tap", _tap) })
        {
            json.WriteStartObject(name);
            json.WriteNumber("ok", slot.Ok);
            json.WriteNumber("failed", slot.Failed);
            json.WriteNumber("unreadable", slot.Unreadable);
            json.WriteNumber("cards", slot.Cards);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private void WritePayment(Utf8JsonWriter json)
    {
        json.WriteStartObject("payment");
        json.WriteNumber("approved", _approved);
        json.WriteStartObject("declined");
        foreach (var (code, count) in _declined) json.WriteNumber(code, count);
        json.WriteEndObject();
        json.WriteNumber("receipts", _receipts);
        json.WriteNumber("unsent", 0);
        json.WriteNumber("amount", _amount);
        json.WriteEndObject();
    }

    private void WritePower(Utf8JsonWriter json)
    {
        json.WriteStartObject("power");
        json.WriteString("source", _battery.IsOnMains ? "mains" : "battery");
        json.WriteNumber("battery", Math.Round(_battery.Charge, 2));
        json.WriteNumber("volts", _battery.Volts);
        json.WriteNumber("celsius", _battery.Celsius);
        json.WriteNumber("cycles", _battery.Cycles);
        json.WriteNumber("health", 0.95);
        json.WriteEndObject();
    }

    private void WriteSystem(Utf8JsonWriter json)
    {
        json.WriteStartObject("system");
        json.WriteNumber("memoryFree", 120_000_000 + _random.Next(20_000_000));
        json.WriteNumber("storageFree", 900_000_000 - 500 * _approved);
        json.WriteNumber("reboots", _reboots);
        json.WriteNumber("crashes", 0);
        json.WriteString("firmware", "1.4.2");
        json.WriteString("app", "7.0.1");
        json.WriteEndObject();
    }
}
