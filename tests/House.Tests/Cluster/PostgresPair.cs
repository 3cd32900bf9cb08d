using System.Diagnostics;
using System.Globalization;
using Fleet.House_Tests.Running;
using Fleet.Tests;
using Npgsql;

namespace Fleet.House_Tests.Cluster;

/// <summary>A primary and its synchronous standby: what one acknowledges, the other has on disk. Either can be killed.</summary>
internal sealed class PostgresPair : IAsyncDisposable
{
    private readonly string _folder = $"/tmp/fleet-pair-{Guid.NewGuid():N}";
    private readonly string _programs = PostgresServer.Programs();
    private readonly int[] _ports = [FreePort(), FreePort()];
    private readonly Process?[] _servers = new Process?[2];

    /// <summary>Both hosts; whichever is the primary is meant.</summary>
    public string ConnectionString =>
        $"Host=127.0.0.1:{_ports[0]},127.0.0.1:{_ports[1]};Target Session Attributes=primary;Username=fleet;Database=postgres;Timeout=2;Maximum Pool Size=20";

    public static async Task<PostgresPair> StartAsync()
    {
        var pair = new PostgresPair();
        try
        {
            await pair.MakeAsync();
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    /// <summary>The primary stops as for an update ("fast shutdown", PostgreSQL 18.5) and starts again.</summary>
    public async Task RestartPrimaryAsync()
    {
        await EndAsync(0, "-INT");
        await StartAsync(0);
    }

    /// <summary>The primary is killed, and its standby takes its place.</summary>
    public async Task FailOverAsync()
    {
        await EndAsync(0, "-KILL");
        await RunAsync("pg_ctl", "promote", "-D", Data(1));
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        foreach (var server in (int[])[0, 1]) await EndAsync(server, "-QUIT");
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private async Task MakeAsync()
    {
        if (Environment.UserName == "root") await PostgresServer.RunAsync("install", "-d", "-o", "postgres", "-m", "700", _folder);
        else Directory.CreateDirectory(_folder);
        await RunAsync("initdb", "-D", Data(0), "-U", "fleet", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
        await StartAsync(0);
        await RunAsync("pg_basebackup", "-D", Data(1), "-h", "127.0.0.1", "-p", Text(_ports[0]), "-U", "fleet", "-R", "-X", "stream", "-c", "fast", "--no-sync");
        await StartAsync(1);
        await using var connection = new NpgsqlConnection(Of(0));
        await connection.OpenAsync();
        await ExecuteAsync(connection, "alter system set synchronous_standby_names = '*'"); // after the copy: the standby itself waits for nobody
        await ExecuteAsync(connection, "select pg_reload_conf()");
        await using var state = new NpgsqlCommand("select coalesce(max(sync_state), 'none') from pg_stat_replication", connection);
        await Eventually.EqualAsync("sync", async () => (string)(await state.ExecuteScalarAsync())!);
    }

    private async Task StartAsync(int server)
    {
        var process = _servers[server] = PostgresServer.Start($"{_programs}/postgres", "-D", Data(server), "-p", Text(_ports[server]),
            "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=300", "-c", "wal_level=replica", "-c", "hot_standby=on",
            "-c", "wal_retrieve_retry_interval=100ms"); // by default a standby looks for its primary every 5 s, and commits wait for it so long
        process.ErrorDataReceived += static (_, _) => { };
        process.OutputDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        await PostgresServer.AnswersAsync(Of(server), process);
    }

    private async Task EndAsync(int server, string signal)
    {
        if (_servers[server] is not { } process) return;
        _servers[server] = null;
        if (!process.HasExited) await PostgresServer.RunAsync("kill", signal, Text(process.Id));
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private async Task RunAsync(string program, params string[] arguments)
    {
        using var process = PostgresServer.Start($"{_programs}/{program}", arguments);
        var said = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await said}");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private string Of(int server) => $"Host=127.0.0.1;Port={_ports[server]};Username=fleet;Database=postgres;Timeout=2;Pooling=false";

    private string Data(int server) => $"{_folder}/{server}";

    private static int FreePort() => FleetProcess.FreePort();

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
