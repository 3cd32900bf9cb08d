using System.Text;
using Fleet.Grains.Reports;
using Fleet.Ingest.Commands;

namespace Fleet.Ingest_Tests.Commands;

public sealed class CommandReaderTests
{
    [Theory]
    [InlineData("""{ "id":"a", "do":"beep" }""")]
    [InlineData("""{"do":"beep","id":"größer"}""")]
    public void A_command_with_an_id_goes_down_as_it_was_given(string given)
    {
        Assert.Equal(Refusal.None, Read(given, "other"u8.ToArray(), out var id, out var payload));
        Assert.Equal((given, true), (payload, id is "a" or "größer"));
    }

    [Theory]
    [InlineData("""{"do":"beep"}"""), InlineData("""{"do":"beep","id":null}""")]
    public void One_without_gets_the_correlation_data_for_its_id(string given)
    {
        Assert.Equal(Refusal.None, Read(given, "7f"u8.ToArray(), out var id, out var payload));
        Assert.Equal(("7f", """{"do":"beep","id":"7f"}"""), (id, payload));
    }

    [Theory]
    [InlineData(null), InlineData(""), InlineData("FF01"), InlineData("0A"), InlineData("00")]
    public void Where_that_cannot_be_one_it_gets_one_of_ours(string? correlation)
    {
        Assert.Equal(Refusal.None, Read("{}", correlation is null ? null : Convert.FromHexString(correlation), out var id, out var payload));
        Assert.Equal(($$"""{"id":"{{id}}"}""", 32), (payload, id.Length));
    }

    [Theory]
    [InlineData("", Refusal.NotJson), InlineData("reboot", Refusal.NotJson), InlineData("[]", Refusal.NotJson), InlineData("null", Refusal.NotJson)]
    [InlineData("{} {}", Refusal.NotJson), InlineData("""{"id":"1","id":"2"}""", Refusal.NotJson), InlineData("\uFEFF{}", Refusal.NotJson)]
    [InlineData("""{"id":1}""", Refusal.WrongType), InlineData("""{"id":""}""", Refusal.WrongType), InlineData("""{"id":"a\u0000"}""", Refusal.WrongType)]
    [InlineData("""{"id":"\ud800"}""", Refusal.NotJson), InlineData("""{"id":"1","say":"\ud800"}""", Refusal.NotJson), InlineData("""{"say":["\ud800"]}""", Refusal.NotJson)]
    [InlineData("""{"id":"1","\ud800":1}""", Refusal.NotJson), InlineData("""{"id":"1","say":"4111 1111 1111 1111"}""", Refusal.CardNumber)]
    public void What_is_no_command_is_refused(string given, Refusal refusal) => Assert.Equal(refusal, Read(given, null, out _, out _));

    [Fact]
    public void It_has_its_bounds()
    {
        Assert.Equal(Refusal.NotJson, Read($$"""{"a":{{new string('[', 32)}}{{new string(']', 32)}}}""", null, out _, out _));
        Assert.Equal(Refusal.None, Read($$"""{"a":{{new string('[', 31)}}{{new string(']', 31)}}}""", null, out _, out _));
        Assert.Equal(Refusal.TooLarge, Read($$"""{"a":"{{new string('a', CommandReader.MostBytes)}}"}""", null, out _, out _));
        Assert.Equal(Refusal.WrongType, Read($$"""{"id":"{{new string('a', 65)}}"}""", null, out _, out _));
        Assert.Equal(Refusal.NotJson, CommandReader.Read([.. "{\"id\":\"1\",\"a\":\""u8, 0xFF, .. "\"}"u8], null, out _, out _));
    }

    private static Refusal Read(string given, byte[]? correlation, out string id, out string payload) =>
        CommandReader.Read(Encoding.UTF8.GetBytes(given), correlation, out id, out payload);
}
