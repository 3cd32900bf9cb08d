namespace Fleet.Ingest_Tests.Mqtt.Conformance;

/// <summary>Topic names and filters (4.7). T stands for a name that no other test has.</summary>
public sealed class TopicTests(Door door)
{
    [Theory]
    [InlineData("T/a/b", "T/a/b", true)]
    [InlineData("T/a/b", "T/a", false)]
    [InlineData("T/a/b", "T/A/b", false)]
    [InlineData("T/#", "T", true)]
    [InlineData("T/#", "T/", true)]
    [InlineData("T/#", "T/a/b/c", true)]
    [InlineData("T/#", "Tx/a", false)]
    [InlineData("T/+", "T/a", true)]
    [InlineData("T/+", "T/", true)]
    [InlineData("T/+", "T", false)]
    [InlineData("T/+", "T/a/b", false)]
    [InlineData("T/+/b", "T/a/b", true)]
    [InlineData("T/+/b", "T//b", true)]
    [InlineData("T/+/b", "T/a/c/b", false)]
    [InlineData("T/+/+", "T/a/b", true)]
    [InlineData("T/+/#", "T/a", true)]
    [InlineData("T/+/#", "T", false)]
    [InlineData("+/T", "/T", true)]
    [InlineData("+/T", "x/T", true)]
    [InlineData("+/+/T", "//T", true)]
    [InlineData("/T", "T", false)]
    [InlineData("T", "/T", false)]
    [InlineData("T/", "T", false)]
    [InlineData("T//x", "T/x", false)]
    [InlineData("T/a b", "T/a b", true)]
    [InlineData("#", "T", true)]
    [InlineData("#", "/T", true)]
    [InlineData("#", "$T/a", false)]
    [InlineData("+/a", "$T/a", false)]
    [InlineData("+/T", "$x/T", false)]
    [Normative("4.7.1-1 4.7.2-1 4.7.3-4 3.3.2-3", "4.7.1-1 4.7.2-1 4.7.3-4 3.3.2-3")]
    public async Task A_filter_matches_its_topics(string filter, string topic, bool matches)
    {
        var name = Names.New("T");
        (filter, topic) = (filter.Replace("T", name, StringComparison.Ordinal), topic.Replace("T", name, StringComparison.Ordinal));
        foreach (var version in (int[])[4, 5])
        {
            var peer = await door.ConnectAsync(version);
            await peer.SubscribeAsync(filter);
            await peer.PublishAsync(topic, "x", 1);
            var heard = (await peer.OnTheirWayAsync()).Where(p => p.Contains(name, StringComparison.Ordinal));
            Assert.Equal(matches ? [$"PUBLISH {topic} 'x' qos0"] : [], heard);
            await peer.DisconnectAsync();
        }
    }

    [Theory, Versions]
    [Normative("3.3.2-2 4.7.3-1", "3.3.2-2 4.7.3-1")]
    public async Task A_topic_to_publish_to_has_no_wildcards_and_is_not_empty(int version)
    {
        foreach (var topic in (string[])["a/+", "a/#", "#", "+", "a+b", ""])
        {
            await using var peer = await door.ConnectAsync(version);
            await peer.SendPublishAsync(topic, "x", 1, 7);
            var answer = await peer.NextAsync();
            Assert.True(answer.Type == PacketType.Closed ? version == 4 : answer.Type is PacketType.Disconnect or PacketType.PubAck && answer.Reason is 0x81 or 0x82 or 0x90, $"'{topic}': {answer}");
        }
    }

    [Theory, Versions]
    [Normative("4.7.3-3", "4.7.3-3")]
    public async Task A_topic_may_have_65535_bytes(int version)
    {
        var (peer, topic) = (await door.ConnectAsync(version), Names.New("long").PadRight(65535, 'x'));
        await peer.SubscribeAsync(topic);
        await peer.PublishAsync(topic, "x", 1);
        await peer.ExpectAsync($"PUBLISH {topic} 'x' qos0");
    }

    [Theory, Versions]
    [Normative("4.7.3-4 1.5.4-3", "4.7.3-4 1.5.3-3")]
    public async Task Topics_are_not_normalised(int version)
    {
        var (peer, name) = (await door.ConnectAsync(version), Names.New("form"));
        string[] topics = [$"{name}/\u00E9", $"{name}/e\u0301", $"{name}/\uFEFFx", $"{name}/x", $"{name}/𝄞", $"{name}/ x"];
        foreach (var topic in topics) await peer.SubscribeAsync(topic);
        foreach (var topic in topics)
        {
            await peer.PublishAsync(topic, "x");
            await peer.ExpectAsync($"PUBLISH {topic} 'x' qos0");
        }
        await peer.HearsNothingAsync();
    }
}
