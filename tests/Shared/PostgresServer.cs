using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Fleet.Tests;

/// <summary>
/// A real PostgreSQL of this machine (Debian's package <c>postgresql</c>) on a free loopback port, its files in /tmp, for
/// one test run. Starts when the first test asks for a database. Linked into each test project that needs it.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly Lazy<Task<string>> _started;
    private readonly string _folder = $"/tmp/fleet-postgres-{Guid.NewGuid():N}";
    private Process? _server;
    private int _databases;

    public PostgresServer() => _started = new(StartAsync);

    /// <summary>Makes an empty database; its connection string.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var server = await _started.Value;
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _databases)}");
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand($"create database {name}", connection);
        await create.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(server) { Database = name, MaxPoolSize = 20 }.ConnectionString;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not { HasExited: false } server) return;
        NpgsqlConnection.ClearAllPools();
        await RunAsync("kill", "-INT", server.Id.ToString(CultureInfo.InvariantCulture)); // "fast shutdown" (PostgreSQL 18.5)
        await server.WaitForExitAsync();
        server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<string> StartAsync()
    {
        var programs = Programs();
        if (Environment.UserName == "root") await RunAsync("install", "-d", "-o", "postgres", "-m", "700", _folder);
        else Directory.CreateDirectory(_folder); // initdb itself closes it to others

        using (var initdb = Start($"{programs}/initdb", "-D", _folder, "-U", "fleet", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"))
        {
            await initdb.WaitForExitAsync();
            if (initdb.ExitCode != 0) throw new InvalidOperationException($"initdb ended with {initdb.ExitCode}: {await initdb.StandardError.ReadToEndAsync()}");
        }

        var port = FreePort().ToString(CultureInfo.InvariantCulture);
        _server = Start($"{programs}/postgres", "-D", _folder, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=300");
        // Nobody reads what it says; a full pipe would stop it.
        _server.ErrorDataReceived += static (_, _) => { };
        _server.OutputDataReceived += static (_, _) => { };
        _server.BeginErrorReadLine();
        _server.BeginOutputReadLine();
        var connectionString = $"Host=127.0.0.1;Port={port};Username=fleet;Database=postgres;Timeout=2";
        await AnswersAsync(connectionString, _server);
        return connectionString;
    }

    internal static async Task AnswersAsync(string connectionString, Process server)
    {
        for (var clock = Stopwatch.StartNew(); ;)
        {
            try
            {
                await using var connection = new NpgsqlConnection(connectionString);
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException) when (!server.HasExited && clock.Elapsed < TimeSpan.FromSeconds(60))
            {
                await Task.Delay(50);
            }
        }
    }

    internal static string Programs()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        var debian = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];
        return debian.OrderByDescending(d => int.TryParse(Path.GetFileName(d), out var version) ? version : 0).Select(d => $"{d}/bin").Concat(path)
            .FirstOrDefault(d => File.Exists($"{d}/initdb") && File.Exists($"{d}/postgres"))
            ?? throw new InvalidOperationException("These tests need a PostgreSQL server: apt-get install postgresql");
    }

    /// <summary>PostgreSQL refuses to run as root; setpriv then becomes it as its own user, under the same process id.</summary>
    internal static Process Start(string program, params string[] arguments)
    {
        string[] asItself = Environment.UserName == "root" ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", program] : [program];
        var process = Process.Start(new ProcessStartInfo(asItself[0], [.. asItself[1..], .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/tmp",
        })!;
        // A backend that waits for a synchronous standby when its server is killed reads commands from here next, and ends only at the input's end.
        process.StandardInput.Close();
        return process;
    }

    internal static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
