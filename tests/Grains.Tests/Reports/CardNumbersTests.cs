using System.Text;
using CsCheck;
using Fleet.Grains.Reports;

namespace Fleet.Grains_Tests.Reports;

public sealed class CardNumbersTests
{
    [Theory]
    [InlineData("4111111111111111")]
    [InlineData("4222222222222")]
    [InlineData("378282246310005")]
    [InlineData("5555555555554444")]
    [InlineData("2223003122003222")]
    [InlineData("6212345678901232")]
    [InlineData("8100000000000002")]
    [InlineData("4111 1111 1111 1111")]
    [InlineData("4111-1111-1111-1111")]
    [InlineData("3782-822463-10005")]
    [InlineData("6304 0000 0000 0000 000")]
    [InlineData("""{"system":{"app":"paid with 4111111111111111!"}}""")]
    [InlineData("""{"system":{"errors":["PAN=4111111111111111"]}}""")]
    [InlineData("""{"pan":4111111111111111}""")]
    [InlineData("""{"4111111111111111":1}""")]
    [InlineData("""{"x":"\u00204111111111111111"}""")]
    [InlineData("""{"iccid":"8986","x":"4111111111111111"}""")]
    [InlineData("""{"seq":1,"pan":[4111111111111111]}""")]
    [InlineData("%B4000000000000^CARD/TEST^2512101")]
    [InlineData(";4000000000000=25121010000")]
    public void A_card_number_is_found(string payload) => Assert.True(Found(payload));

    [Theory]
    [InlineData("4111111111111112")]                                             // fails Luhn
    [InlineData("1111111111111117")]                                             // begins as no card does
    [InlineData("411111111111111100000")]                                        // part of a longer run
    [InlineData("4111  1111  1111  1111")]                                       // not how it is printed
    [InlineData("41111111-11111111")]
    [InlineData("89860000000000000001")]
    [InlineData("""{"signal":{"iccid":"8986000000000000000"}}""")]
    [InlineData("""{"signal":{"iccid":"4111111111111111"}}""")]
    [InlineData("""{"printer":{"paper":0.4111111111111111}}""")]
    [InlineData("""{"x":0.4111111111111111}""")]
    [InlineData("""{"paper":0.35000000000000003}""")]
    [InlineData("""{"at":4111111111111111}""")]
    [InlineData("""{"at":1790000000123,"seq":42}""")]
    [InlineData("""{"signal":{"cell":"460-00-1234-567890"}}""")]
    [InlineData("""{"system":{"memoryFree":4111111111111111,"storageFree": 4111111111111111}}""")]
    [InlineData("""{"payment":{"amount":4111111111111111}}""")]
    [InlineData("\\u12")]
    [InlineData("")]
    public void What_only_looks_like_one_is_left_alone(string payload) => Assert.False(Found(payload));

    private static readonly string[] Beginnings = ["4", "34", "37", "51", "62", "3528", "2221", "2720", "81"];

    private static readonly Gen<string> Card = Gen.Select(
        Gen.Int[0, Beginnings.Length - 1].Select(i => Beginnings[i]), Gen.Char['0', '9'].Array[18], Gen.Int[13, 19],
        (prefix, digits, length) => WithCheckDigit((prefix + new string(digits))[..(length - 1)]));

    [Fact]
    public void Every_card_number_in_a_text_is_found_wherever_it_stands() =>
        Gen.Select(Gen.String[Gen.Char["abc {}:,-"], 0, 40], Card, Gen.String[Gen.Char["abc {}:,\"\\"], 0, 40])
            .Sample((before, card, after) => Found("\"" + before + card + after));

    [Fact]
    public void Every_card_number_is_found_as_it_is_printed() => Card.Where(card => card.Length is 16 or 19)
        .Sample(card => Found("\"no. " + string.Join('-', card.Chunk(4).Select(group => new string(group))) + "\""));

    [Fact]
    public void No_bytes_make_it_throw() => Gen.Byte.Array[0, 200].Sample(bytes => { CardNumbers.Found(bytes); });

    [Fact]
    public void No_nearly_json_makes_it_throw() =>
        Gen.String[Gen.Char["0123456789\\u\"{}:,.-% B;=^"], 0, 200].Sample(text => { Found(text); });

    private static bool Found(string payload) => CardNumbers.Found(Encoding.UTF8.GetBytes(payload));

    private static string WithCheckDigit(string digits)
    {
        var sum = digits.Reverse().Select((digit, i) => (digit - '0') * (i % 2 == 0 ? 2 : 1)).Sum(value => (value / 10) + (value % 10));
        return digits + ((10 - (sum % 10)) % 10);
    }
}
