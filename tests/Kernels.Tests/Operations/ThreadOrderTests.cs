using VggCuda.Engine.Backends;
using VggCuda.Kernels.Tests.Fake;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Kernels.Tests.Operations;

/// <summary>Every image operation with blocks and threads run the other way round: the same bits, or a barrier is missing or a sum's order is left to chance.</summary>
public class ThreadOrderTests
{
    public static TheoryData<string> OperationNames => [.. OperationCase.All.Keys];

    [Theory]
    [MemberData(nameof(OperationNames))]
    public void The_order_of_threads_changes_no_bit(string name)
    {
        FakeCuda.Require();
        TensorShape shape = new(2, 37, 41, 3);
        using IBackend backend = CudaBackend.Open();
        double[][] forwards = Run(false);
        double[][] backwards = Run(true);
        Assert.Equal(forwards, backwards);

        double[][] Run(bool reversed)
        {
            using ThreadOrder order = new(reversed);
            using Tensors tensors = new(backend);
            return OperationCase.All[name].Run(tensors, shape, 0);
        }
    }
}
