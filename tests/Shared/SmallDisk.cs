using System.Diagnostics;

namespace Fleet.Tests;

/// <summary>A real file system of a given size that can be full: tmpfs, which root alone may mount.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

    private string Ballast => Path.Combine(Folder, "ballast");

    /// <summary>Skips the test, saying why, where nothing may be mounted.</summary>
    public static SmallDisk Mount(int mebibytes)
    {
        var folder = Directory.CreateTempSubdirectory("fleet-disk-").FullName;
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "tmpfs", folder), "A small disk needs root: mount -t tmpfs failed.");
        return new(folder);
    }

    /// <summary>Fills the disk but for so many bytes, as a neighbour on it might.</summary>
    public void FillBut(long bytes)
    {
        using var ballast = new FileStream(Ballast, FileMode.Append);
        var block = new byte[4096]; // written, for tmpfs takes no space for a hole
        while (new DriveInfo(Folder).AvailableFreeSpace - block.Length >= bytes)
        {
            ballast.Write(block);
            ballast.Flush();
        }
    }

    public void MakeRoom() => File.Delete(Ballast);

    public void Dispose()
    {
        Run("umount", "--lazy", Folder);
        Directory.Delete(Folder, recursive: true);
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
