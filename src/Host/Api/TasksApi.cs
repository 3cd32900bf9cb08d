using System.Text.Json.Serialization;
using Fleet.Alerts;
using Fleet.Alerts.Maintenance;

namespace Fleet.Host.Api;

/// <summary><c>tasks</c>: maintenance with a due date.</summary>
internal static class TasksApi
{
    /// <summary>The body of an act, all of it optional; a version makes the act fail if somebody has changed the task since.</summary>
    internal sealed record TaskActBody(string? By = null, string? Note = null, long? Version = null) : IAct
    {
        public TaskActBody() : this(null, null, null) { }

        [JsonIgnore] public string? Who => By;
    }

    public static void MapTasks(this IEndpointRouteBuilder v1)
    {
        var tasks = v1.MapGroup("/tasks").WithTags("tasks").ProducesProblem(StatusCodes.Status400BadRequest);
        tasks.MapGet("", ListAsync).WithName("ListTasks").WithSummary("Maintenance tasks, newest first").Produces<Page<TaskView>>();
        MapAct(tasks, "done", TaskState.Done, "DoTask", "It is done");
        MapAct(tasks, "dismiss", TaskState.Dismissed, "DismissTask", "It will not be done");
    }

    private static void MapAct(RouteGroupBuilder tasks, string verb, TaskState end, string name, string summary) => tasks
        .MapPost($"/{{id}}/{verb}", (string id, HttpRequest request, TaskDesk desk) => ActAsync(end, id, request, desk))
        .WithName(name).WithSummary(summary).Accepts<TaskActBody>(isOptional: true, "application/json")
        .Produces<TaskView>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<IResult> ListAsync(
        string? state, string? terminal, string? name, string? limit, string? cursor, HttpRequest request, TaskDesk desk, CancellationToken stop)
    {
        var asked = new Asked();
        var query = new TaskQuery(asked.OneOf<TaskState>("state", state), terminal, name);
        var (most, after) = (asked.Limit(limit), asked.Cursor(cursor));
        return asked.Refusal is { } refusal
            ? Problems.BadRequest(refusal)
            : Answer.Json(await desk.ListAsync(query, most, after, Answer.Language(request), stop));
    }

    private static async Task<IResult> ActAsync(TaskState end, string id, HttpRequest request, TaskDesk desk)
    {
        var (body, refusal) = await Body.ReadAsync<TaskActBody>(request);
        if (refusal is not null) return refusal;
        var act = await desk.ActAsync(id, new(end, body.By, body.Note, body.Version), Answer.Language(request), request.HttpContext.RequestAborted);
        return Answer.Of(act, () => Problems.NotFound($"There is no task '{id}'."));
    }
}
