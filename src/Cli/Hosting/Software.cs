using System.Reflection;

namespace VggCuda.Cli.Hosting;

/// <summary>What the program is called and which one it is.</summary>
internal static class Software
{
    public const string Name = "VggCuda";

    /// <summary>Such as 0.1.0, with the commit where the build knew it.</summary>
    public static string Version { get; } =
        typeof(Software).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
