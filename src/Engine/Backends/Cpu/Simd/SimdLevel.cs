using System.Runtime.Intrinsics.X86;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Which kernels run.</summary>
internal enum SimdLevel
{
    /// <summary>Vectors of 4 floats in the runtime's portable form: any processor, ARM64 included.</summary>
    Portable,

    /// <summary>AVX2 with fused multiply-add, vectors of 8.</summary>
    Avx2,

    /// <summary>AVX-512, vectors of 16.</summary>
    Avx512,
}

/// <summary>Chooses the kernels.</summary>
internal static class SimdLevels
{
    /// <summary>The environment variable that forces a choice.</summary>
    public const string Variable = "VGGCUDA_SIMD";

    /// <summary>The best that this processor has.</summary>
    public static SimdLevel Best =>
        IsSupported(SimdLevel.Avx512) ? SimdLevel.Avx512 : IsSupported(SimdLevel.Avx2) ? SimdLevel.Avx2 : SimdLevel.Portable;

    /// <summary>Whether this processor has it.</summary>
    public static bool IsSupported(SimdLevel level) => level switch
    {
        SimdLevel.Avx512 => Avx512F.IsSupported && IsSupported(SimdLevel.Avx2),
        SimdLevel.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        _ => true,
    };

    /// <summary>The name used in the environment variable and in descriptions.</summary>
    public static string NameOf(SimdLevel level) => level switch
    {
        SimdLevel.Avx512 => "avx512",
        SimdLevel.Avx2 => "avx2",
        _ => "portable",
    };

    /// <summary>What the environment variable asks for, or the best.</summary>
    /// <exception cref="DeviceException">The variable names something unknown, or something that this processor lacks.</exception>
    public static SimdLevel Choose(string? wanted)
    {
        if (string.IsNullOrWhiteSpace(wanted))
        {
            return Best;
        }

        foreach (SimdLevel level in Enum.GetValues<SimdLevel>())
        {
            if (string.Equals(wanted.Trim(), NameOf(level), StringComparison.OrdinalIgnoreCase))
            {
                return IsSupported(level)
                    ? level
                    : throw new DeviceException($"{Variable}={wanted}: this processor does not have it; its best is {NameOf(Best)}. Unset the variable.");
            }
        }

        throw new DeviceException($"{Variable}={wanted} is unknown; it may be avx512, avx2 or portable.");
    }
}
