namespace Fleet.House_Tests.Running;

/// <summary>The data that tests share and the repository does not carry: FLEET_SHARED, or <c>shared</c> beside the repository.</summary>
internal static class SharedFolder
{
    /// <summary>A folder in it; skips the test, saying why, where there is none.</summary>
    public static string Find(params string[] path)
    {
        var root = Environment.GetEnvironmentVariable("FLEET_SHARED") ?? Path.Combine(Repository, "..", "shared");
        var folder = Path.GetFullPath(Path.Combine([root, .. path]));
        Assert.SkipUnless(Directory.Exists(folder), $"There is no {folder}; FLEET_SHARED names where the shared data is.");
        return folder;
    }

    /// <summary>The nearest folder above the tests' output that holds the solution.</summary>
    public static string Repository
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Fleet.sln"))) folder = folder.Parent;
            return folder?.FullName ?? throw new InvalidOperationException($"No Fleet.sln above {AppContext.BaseDirectory}.");
        }
    }
}
