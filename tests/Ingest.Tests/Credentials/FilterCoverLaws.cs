using System.Text.RegularExpressions;
using CsCheck;
using Fleet.Ingest.Credentials;

namespace Fleet.Ingest_Tests.Credentials;

/// <summary>What covering means, held against the matching of topics by regular expressions. (MQTTnet's own comparer says that <c>+/#</c> does not match <c>a</c>.)</summary>
public sealed class FilterCoverLaws
{
    private static readonly Gen<string> Level = Gen.OneOf(Gen.Const("a"), Gen.Const("b"), Gen.Const(""), Gen.Const("$s"));
    private static readonly Gen<string> Topics = Level.Array[1, 5].Select(levels => string.Join('/', levels)).Where(t => t.Length > 0);

    private static readonly Gen<string> Filters =
        Gen.Select(Gen.Frequency((3, Level), (2, Gen.Const("+"))).Array[0, 4], Gen.Bool, (levels, hash) => string.Join('/', hash ? [.. levels, "#"] : levels)).Where(f => f.Length > 0);

    private static bool Matches(string filter, string topic)
    {
        if (topic.StartsWith('$') && filter[0] is '+' or '#') return false;
        var pattern = filter == "#" ? ".*" : Regex.Replace(Regex.Escape(filter).Replace(@"\+", "[^/]*", StringComparison.Ordinal), @"/(\\#)$", "(/.*)?");
        return Regex.IsMatch(topic, $"^{pattern}$");
    }

    [Fact]
    public void What_matches_a_covered_filter_matches_the_one_that_covers_it() =>
        Gen.Select(Filters, Filters, Topics).Sample((wide, narrow, topic) => !FilterCover.Covers(wide, narrow) || !Matches(narrow, topic) || Matches(wide, topic), iter: 200_000);

    [Fact]
    public void A_filter_that_is_not_covered_has_a_topic_to_show_for_it() =>
        Gen.Select(Filters, Filters).Sample((wide, narrow) => FilterCover.Covers(wide, narrow) || Witnesses(narrow).Any(topic => Matches(narrow, topic) && !Matches(wide, topic)), iter: 100_000);

    [Fact]
    public void Matching_is_that_of_the_specification() =>
        Gen.Select(Filters, Topics).Sample((filter, topic) => FilterCover.Matches(filter, topic) == Matches(filter, topic), iter: 200_000);

    [Fact]
    public void Every_filter_covers_itself_and_none_but_valid_ones_are_taken()
    {
        Filters.Sample(filter => FilterCover.IsValid(filter) && FilterCover.Covers(filter, filter));
        Assert.All(["", "a+", "a/#/b", "#a", "a\nb", "a/b#"], f => Assert.False(FilterCover.IsValid(f)));
    }

    [Fact]
    public void Of_a_shared_subscription_the_filter_behind_the_group_is_judged()
    {
        var access = new Access("token:t", new(["a/+/c"], []));
        Assert.All(["a/+/c", "a/b/c", "$share/g/a/+/c", "$share/g/a/b/c"], f => Assert.True(access.AllowsSubscription(f), f));
        Assert.All(["a/#", "$share/g/a/#", "$share/a/+/c", "$share//a/b/c", "$share/+/a/b/c", "$share/g", "$share/g/", "$queue/a/b/c"], f => Assert.False(access.AllowsSubscription(f), f));
    }

    /// <summary>Topics in which the wildcards stand for words that no filter here has, for none, or for the words there are.</summary>
    private static IEnumerable<string> Witnesses(string narrow) =>
        from plus in new[] { "z", "" }
        from hash in new[] { "", "/z", "/z/z", "/z/z/z/z/z" }
        let body = string.Join('/', narrow.Split('/').Select(l => l == "+" ? plus : l))
        let topic = body == "#" ? $"z{hash}" : body.EndsWith("/#", StringComparison.Ordinal) ? body[..^2] + hash : body
        where topic.Length > 0
        select topic;
}
