using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Reference;

/// <summary>The reference backend is the yardstick, so nothing but equality will do; what the contract tests beyond comparison counts here too.</summary>
public class ReferenceBackendContract(SharedBackend shared) : BackendContract(shared)
{
    protected override double OperationTolerance => 0;

    protected override double TapTolerance => 0;

    protected override double GradientTolerance => 0;

    protected override double LossTolerance => 0;

    protected override IBackend Open() => new ReferenceBackend();

    protected override long Held(IBackend backend) => ((ReferenceBackend)backend).LiveResources;
}
