using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Cpu;

/// <summary>The CPU backend against the contract, on one set of kernels.</summary>
public abstract class CpuBackendContract(SharedBackend shared, string level) : BackendContract(shared)
{
    protected override bool ConvolutionsAreExact => false;

    // Winograd's rounding is about four times a direct sum's, and the contract's tiny networks have logits that nearly cancel.
    protected override double TapTolerance => 3e-5;

    protected override IBackend Open()
    {
        SimdLevel wanted = SimdLevels.Choose(null);
        foreach (SimdLevel each in Enum.GetValues<SimdLevel>())
        {
            if (SimdLevels.NameOf(each) == level)
            {
                wanted = each;
            }
        }

        Assert.SkipUnless(SimdLevels.IsSupported(wanted), $"This processor does not have {level}.");
        return new CpuBackend(3, wanted);
    }

    protected override long Held(IBackend backend) => ((CpuBackend)backend).LiveResources;
}

public class CpuBackendContractAvx512(SharedBackend shared) : CpuBackendContract(shared, "avx512");

public class CpuBackendContractAvx2(SharedBackend shared) : CpuBackendContract(shared, "avx2");

public class CpuBackendContractPortable(SharedBackend shared) : CpuBackendContract(shared, "portable");
