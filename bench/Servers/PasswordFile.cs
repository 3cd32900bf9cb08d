using System.Diagnostics;
using Fleet.Bench.Load;

namespace Fleet.Bench.Servers;

/// <summary>The bench's passwords as mosquitto wants them, hashed by its own mosquitto_passwd.</summary>
internal sealed class PasswordFile : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-bench-passwords-").FullName;

    private PasswordFile() { }

    public string Path => System.IO.Path.Combine(_folder, "passwords");

    /// <summary>What a login costs mosquitto: <c>$7$101$…</c> is PBKDF2 with SHA-512 and 101 iterations (mosquitto's password_mosq.h).</summary>
    public string Hashing { get; private set; } = "";

    public static async Task<PasswordFile> CreateAsync(int terminals, CancellationToken stop)
    {
        var file = new PasswordFile();
        await File.WriteAllLinesAsync(file.Path, Enumerable.Range(0, terminals).Select(t => $"{ReportPacket.Serial(t)}:{Passwords.Of(t)}"), stop);
        using var hash = Process.Start("mosquitto_passwd", ["-U", file.Path]);
        await hash.WaitForExitAsync(stop);
        if (hash.ExitCode != 0) throw new IOException($"mosquitto_passwd ended with {hash.ExitCode}.");
        var fields = File.ReadLines(file.Path).First().Split(':')[1].Split('$');
        file.Hashing = fields[1] == "7" ? $"PBKDF2 with SHA-512, {fields[2]} iterations" : $"password scheme {fields[1]}";
        return file;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
