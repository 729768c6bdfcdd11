using System.Text;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;
using VggCuda.Kernels.Tests.Fake;
using Kernel = VggCuda.Kernels.Operations.Kernel;

namespace VggCuda.Kernels.Tests.Operations;

/// <summary>How arguments reach a kernel.</summary>
public class LaunchTests
{
    [Fact]
    public void Every_module_loads_and_every_kernel_is_found_with_its_parameters()
    {
        using Device device = new();
        int kernels = 0;
        foreach (string name in KernelLibrary.Names)
        {
            foreach ((string kernel, string signature) in KernelSignature.Read(Encoding.ASCII.GetString(KernelLibrary.Ptx(name))))
            {
                Assert.Equal(signature, device.Library.Kernel(name, kernel).Signature);
                Assert.Equal(kernel, device.Library.Function(name, kernel).Name);
                kernels++;
            }
        }

        Assert.InRange(kernels, 20, 200);
        Assert.Throws<InvalidOperationException>(() => device.Library.Kernel("Fill", "fill_f64"));
    }

    [Fact]
    public void A_module_is_loaded_by_its_first_launch_and_never_within_a_capture()
    {
        FakeCuda.Require();
        using CudaBackend backend = CudaBackend.Open();
        long before = FakeCuda.Calls("cuModuleLoadDataEx");
        Assert.InRange(before, 0, 1);
        using VggCuda.Engine.Backends.ITensor tensor = backend.Allocate(new VggCuda.Engine.Backends.TensorShape(1, 2, 2, 1));
        Assert.Contains("Fill.ptx", Assert.Throws<InvalidOperationException>(() => backend.Stream.Capture(() => backend.Fill(tensor, 1))).Message, StringComparison.Ordinal);
        backend.Fill(tensor, 1);
        backend.Fill(tensor, 2);
        Assert.Equal(before + 1, FakeCuda.Calls("cuModuleLoadDataEx"));
        backend.Stream.Capture(() => backend.Fill(tensor, 3)).Dispose();
        Assert.Equal("", FakeCuda.Violations());
    }

    [Fact]
    public void Arguments_arrive_in_their_order_and_types()
    {
        using Device device = new();
        DevicePointer target = device.Put([1, 2, 3, 4, 5, 6, 7], ElementType.Float32);
        Kernel fill = device.Library.Kernel("Fill", "fill_f32");
        Assert.Equal("llf", fill.Signature);
        fill.Launch(1, target + 16, 2L, -2.5f);
        Assert.Equal([1, 2, 3, 4, -2.5, -2.5, 7], device.Get(target, 7, ElementType.Float32));
    }

    [Fact]
    public void Arguments_of_other_types_or_number_are_refused_before_the_launch()
    {
        using Device device = new();
        DevicePointer target = device.Bytes(64);
        Kernel fill = device.Library.Kernel("Fill", "fill_f32");
        long before = FakeCuda.Calls("cuLaunchKernel");
        Assert.Contains("fill_f32", Assert.Throws<ArgumentException>(() => fill.Launch(1, target, 2L)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => fill.Launch(1, target, 2, -2.5f));
        Assert.Throws<ArgumentException>(() => fill.Launch(1, target, 2L, -2.5));
        Assert.Throws<ArgumentException>(() => fill.Launch(1, target, -2.5f, 2L));
        Assert.Throws<OverflowException>(() => fill.Launch(1, target, -1L, 2f));
        Kernel tally = device.Library.Kernel("Tally", "tally_f32");
        Assert.Throws<ArgumentException>(() => tally.Launch(1, KernelArgument.Struct(1, 2, 3L)));
        Assert.Throws<ArgumentException>(() => tally.Launch(1, target));
        Assert.Equal(before, FakeCuda.Calls("cuLaunchKernel"));
    }
}
