using System.Text;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;
using VggCuda.Kernels.Tests.Fake;
using Kernel = VggCuda.Kernels.Operations.Kernel;

namespace VggCuda.Kernels.Tests.Operations;

/// <summary>How arguments reach a kernel, and what the host's stand-in for a GPU makes of mistakes in one.</summary>
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
                kernels++;
            }
        }

        Assert.InRange(kernels, 20, 200);
        Assert.Throws<InvalidOperationException>(() => device.Library.Kernel("Fill", "fill_f64"));
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
        Assert.Equal(before, FakeCuda.Calls("cuLaunchKernel"));
    }

    [Theory]
    [InlineData("faulty_missed_barrier_f32", "others do not reach")]
    [InlineData("faulty_unannounced_barrier_f32", "write BLOCK_KERNEL")]
    [InlineData("faulty_half_warp_f32", "others do not reach")]
    public void A_mistake_in_a_kernel_is_told(string name, string what)
    {
        FakeCuda.Require();
        CudaCheck.ThrowIfFailed(CuDriver.cuInit(0));
        CudaCheck.ThrowIfFailed(CuDriver.cuDeviceGet(out int device, 1));
        using CudaContext context = CudaContext.RetainPrimary(device);
        using CudaStream stream = CudaStream.Create(context);
        using CudaModule module = CudaModule.Load(context, "faulty", Entry(name));
        using DeviceMemory memory = DeviceMemory.Allocate(context, 1024, "a test");
        new Kernel(module.Function(name), "l", stream).Launch(1, memory.Pointer);
        Assert.Throws<CudaFatalException>(stream.Synchronize);
        Assert.Contains(name, FakeCuda.Violations(), StringComparison.Ordinal);
        Assert.Contains(what, FakeCuda.Violations(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("faulty_race_f32", false)]
    [InlineData("faulty_race_mended_f32", true)]
    public void A_missing_barrier_shows_when_the_threads_run_the_other_way(string name, bool same)
    {
        using Device device = new();
        using CudaModule module = CudaModule.Load(device.Context, "faulty", Entry(name));
        Kernel kernel = new(module.Function(name), "l", device.Stream);
        double[][] results = new double[2][];
        for (int reverse = 0; reverse < 2; reverse++)
        {
            using ThreadOrder order = new(reverse == 1);
            DevicePointer target = device.Bytes(3 * 256 * sizeof(float));
            kernel.Launch(3, target);
            results[reverse] = device.Get(target, 3 * 256, ElementType.Float32);
        }

        Assert.Equal(same, results[0].SequenceEqual(results[1]));
        if (same)
        {
            Assert.Equal([.. Enumerable.Range(0, 768).Select(i => (double)(i / 256))], results[0]);
        }
    }

    private static byte[] Entry(string name) => Encoding.ASCII.GetBytes($".version 6.4\n.target sm_75\n.address_size 64\n.visible .entry {name}(\n\t.param .u64 {name}_param_0\n)\n{{\n\tret;\n}}\n");
}
