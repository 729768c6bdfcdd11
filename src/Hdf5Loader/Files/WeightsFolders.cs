namespace VggCuda.Hdf5Loader.Files;

/// <summary>The two folders where published weights are looked for.</summary>
/// <param name="Keras">Keras's own: <c>models</c> in <c>KERAS_HOME</c>, else in <c>.keras</c> in the home folder. Only read from.</param>
/// <param name="Own">
/// VggCuda's: <c>VGGCUDA_CACHE</c> itself where that is set; else <c>vggcuda</c> in <c>XDG_CACHE_HOME</c> where that is an absolute path,
/// in <c>%LOCALAPPDATA%</c> on Windows, in <c>.cache</c> in the home folder elsewhere. Made by the first download.
/// </param>
public sealed record WeightsFolders(string Keras, string Own)
{
    /// <summary>Reads the folders off the environment; none of them need exist.</summary>
    /// <param name="variable">Environment variables; null for those of the process.</param>
    /// <param name="home">The home folder; null for the user's.</param>
    public static WeightsFolders Find(Func<string, string?>? variable = null, string? home = null)
    {
        variable ??= Environment.GetEnvironmentVariable;
        home ??= Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (string.IsNullOrEmpty(home))
        {
            // A service account without a home: the temporary folder is at least there.
            home = Path.GetTempPath();
        }

        string keras = Set("KERAS_HOME") ?? Path.Combine(home, ".keras");
        return new WeightsFolders(Path.GetFullPath(Path.Combine(keras, "models")), Path.GetFullPath(Set("VGGCUDA_CACHE") ?? DefaultCache()));

        string DefaultCache()
        {
            // The XDG base directory specification has relative paths ignored.
            if (Set("XDG_CACHE_HOME") is string cache && Path.IsPathFullyQualified(cache))
            {
                return Path.Combine(cache, "vggcuda");
            }

            return OperatingSystem.IsWindows()
                ? Path.Combine(Set("LOCALAPPDATA") ?? Path.Combine(home, "AppData", "Local"), "vggcuda")
                : Path.Combine(home, ".cache", "vggcuda");
        }

        string? Set(string name) => variable(name) is { Length: > 0 } value ? value : null;
    }
}
