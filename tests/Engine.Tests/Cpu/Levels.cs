using VggCuda.Engine.Backends.Cpu;

namespace VggCuda.Engine.Tests.Cpu;

/// <summary>The sets of kernels that this processor can run.</summary>
internal static class Levels
{
    public static IEnumerable<SimdLevel> Supported => Enum.GetValues<SimdLevel>().Where(SimdLevels.IsSupported);
}
