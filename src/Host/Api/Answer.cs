using Fleet.Alerts;
using Fleet.Alerts.Catalogue;

namespace Fleet.Host.Api;

/// <summary>How the API answers.</summary>
internal static class Answer
{
    public static IResult Json<T>(T value) => TypedResults.Json(value, Wire.Json);

    /// <summary>The thing as it is now, a conflict, or that there is no such thing.</summary>
    public static IResult Of<T>(Act<T> act, Func<IResult> notFound) where T : class =>
        act.Now is { } now ? Json(now) : act.Conflict is { } conflict ? Problems.Conflict(conflict) : notFound();

    /// <summary>The language of the texts in an answer: the request's first choice, English where it has none.</summary>
    public static Language Language(HttpRequest request) => Languages.Nearest(request.Headers.AcceptLanguage);
}
