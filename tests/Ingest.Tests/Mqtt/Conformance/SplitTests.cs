namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>TCP has no packets: however the bytes are cut, the answers are the same.</summary>
public sealed class SplitTests(Door door)
{
    [Theory, Versions]
    [Normative("4.2.0-1", "4.2-1")]
    public async Task However_the_bytes_are_cut_the_answers_are_the_same(int version)
    {
        var whole = await TalkAsync(version, _ => int.MaxValue);
        Assert.Equal("closed", whole[^1]);
        Assert.Equal(19, whole.Count);
        foreach (var size in (int[])[1, 2, 3, 7, 64]) Assert.Equal(whole, await TalkAsync(version, _ => size));
        for (var seed = 1; seed <= 3; seed++)
        {
            var random = new Random(seed);
            Assert.Equal(whole, await TalkAsync(version, _ => random.Next(1, 40)));
        }
    }

    /// <summary>Answers of each type in their order, then messages in theirs: between types there is none.</summary>
    private async Task<List<string>> TalkAsync(int version, Func<int, int> chunk)
    {
        await using var peer = await door.OpenAsync(version);
        var topic = Names.New("cut");
        byte[] none = version == 5 ? [0] : [];
        byte[] Publish(int qos, int id, string payload) => Bits.Frame((byte)(0x30 | (qos << 1)), Bits.Text(topic), qos > 0 ? Bits.U16(id) : [], none, System.Text.Encoding.UTF8.GetBytes(payload));
        byte[] bytes =
        [
            .. new Connect(version) { Will = new("w"), User = "u", Password = "p" }.Bytes(),
            .. peer.SubscribeBytes(1, version == 5 ? new Props { { Prop.SubscriptionIdentifier, 300 } } : null, (topic, 0), ("x/+/y", 1)),
            .. Publish(0, 0, "0"), .. Publish(1, 2, "1"), .. Publish(2, 3, "2"), .. Peer.Acknowledgement(PacketType.PubRel, 3), .. Publish(1, 4, new('x', 300)),
            .. Publish(1, 5, ""), 0xC0, 0, .. Bits.Frame(0xA2, Bits.U16(6), none, Bits.Text("x/+/y")), .. Publish(2, 7, "3"), .. Peer.Acknowledgement(PacketType.PubRel, 7),
            0xC0, 0,
        ];
        var sending = Task.Run(async () =>
        {
            for (var at = 0; at < bytes.Length;)
            {
                var size = Math.Min(chunk(at), bytes.Length - at);
                await peer.SendAsync(bytes[at..(at += size)]);
                if (size < bytes.Length) await Task.Yield();
            }
        });
        var (answers, messages) = (new List<string>(), new List<string>());
        while (answers.Count < 12 || messages.Count < 6) // all but the close
        {
            var packet = (await peer.NextAsync()).ToString().Replace(topic, "T", StringComparison.Ordinal).Replace(" 0x10", "", StringComparison.Ordinal);
            if (packet == "closed") Assert.Fail($"closed after {string.Join(", ", answers.Concat(messages))}");
            (packet.StartsWith("PUBLISH", StringComparison.Ordinal) ? messages : answers).Add(packet);
        }
        await sending;
        await peer.SendAsync(0xE0, 0);
        await peer.ExpectAsync("closed");
        return [.. answers.OrderBy(a => a.Split(' ')[0], StringComparer.Ordinal), .. messages, "closed"];
    }
}
