using VggCuda.Engine.Backends;
using VggCuda.Kernels.Tests.Fake;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Kernels.Tests.Programs;

/// <summary>The contract of all backends, held by the CUDA backend on the stand-in libraries, in strict float32.</summary>
public class CudaBackendContract(SharedBackend shared) : BackendContract(shared)
{
    protected override IBackend Open()
    {
        FakeCuda.Require();
        return CudaBackend.Open();
    }

    protected override long Held(IBackend backend)
    {
        ((CudaBackend)backend).Trim();
        return FakeCuda.LiveCount();
    }
}
