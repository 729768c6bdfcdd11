using System.Reflection;

namespace VggCuda.Tests.Shared;

/// <summary>Which of our own assemblies an assembly refers to: what keeps the arrows of docs/architecture.md pointing down.</summary>
internal static class ProjectReferences
{
    public static string[] Of(Assembly assembly) =>
        [.. assembly.GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("VggCuda", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)];
}
