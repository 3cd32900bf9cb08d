using Microsoft.AspNetCore.Diagnostics;

namespace Fleet.Host.Api;

/// <summary>Errors as RFC 9457 problem details.</summary>
internal static class Problems
{
    public static IResult BadRequest(string detail) => Of(StatusCodes.Status400BadRequest, detail);

    public static IResult Forbidden(string detail) => Of(StatusCodes.Status403Forbidden, detail);

    public static IResult NotFound(string detail) => Of(StatusCodes.Status404NotFound, detail);

    public static IResult Conflict(string detail) => Of(StatusCodes.Status409Conflict, detail);

    public static IResult Of(int status, string detail) => TypedResults.Problem(detail, statusCode: status);

    /// <summary>For what routing itself refused: no such path, no such method.</summary>
    public static IResult OfStatus(int status) => TypedResults.Problem(statusCode: status);

    /// <summary>For what nobody expected; what it was stands in the log, not in the answer.</summary>
    public static Task OfExceptionAsync(HttpContext context)
    {
        var error = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        var problem = error is BadHttpRequestException bad ? Of(bad.StatusCode, bad.Message) : OfStatus(StatusCodes.Status500InternalServerError);
        return problem.ExecuteAsync(context);
    }
}
