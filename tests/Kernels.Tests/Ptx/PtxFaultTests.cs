using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;
using VggCuda.Kernels.Tests.Fake;
using VggCuda.Kernels.Tests.Operations;

namespace VggCuda.Kernels.Tests.Ptx;

/// <summary>What the stand-in makes of faulty PTX: each mistake is told by kernel, file, line and what it is. Fixtures/Faulty.ptx says what is wrong in each.</summary>
public class PtxFaultTests
{
    [Theory]
    [InlineData("moved_load_f32", "races: it writes offset 0 of moved_load_last, which several threads read without a barrier between")]
    [InlineData("missing_barrier_f32", "races: it writes offset 4 of missing_barrier_cells, which thread 0 reads without a barrier between")]
    [InlineData("missing_barrier_global_f32", "races: it reads offset 2 of memory, which thread 0 writes without a barrier between")]
    [InlineData("beyond_global_f32", "writes 4 bytes of memory at offset 256, beyond its 256 bytes: an address that points to no memory of this device")]
    [InlineData("before_global_f32", "reads 4 bytes of an address that points to no memory of this device")]
    [InlineData("beyond_shared_f32", "writes 4 bytes of beyond_shared_first at offset 252, beyond its 252 bytes")]
    [InlineData("misaligned_vector_f32", "reads 16 bytes at an address that is no multiple of 16")]
    [InlineData("lane_missing_f32", "wait at a warp exchange that others do not reach")]
    [InlineData("lane_left_out_f32", "takes part in a warp exchange whose mask leaves it out")]
    [InlineData("two_barriers_f32", "finds threads of one warp at different barriers")]
    [InlineData("missed_barrier_f32", "wait at a barrier that others do not reach")]
    [InlineData("beyond_parameter_f32", "an access of 4 bytes beyond the kernel's parameters")]
    [InlineData("write_constant_f32", "writes to constant_table, which is constant")]
    public void A_mistake_is_told_by_name(string kernel, string what)
    {
        int line = 1 + Array.FindIndex(File.ReadAllLines(Fixture("Faulty")), l => l.Contains("// fault", StringComparison.Ordinal) && l.EndsWith(": " + kernel, StringComparison.Ordinal));
        string told = Fails("Faulty", kernel, 64, memory => [memory]);
        Assert.StartsWith($"{kernel}: Faulty.ptx:{line}: ", told, StringComparison.Ordinal);
        Assert.Contains(what, told, StringComparison.Ordinal);
    }

    /// <summary>
    /// Made by clang-14 of a sound source: is_last_block in reduce.cuh wrote `last` between two barriers and read it behind the
    /// second, and clang moved the load in front of it. Every thread but the first then has what shared memory held before, and
    /// whether a block joins the parts is left to chance.
    /// </summary>
    [Fact]
    public void The_load_that_clang_14_moved_over_a_barrier_is_found()
    {
        string told = Fails("ChannelMeanOfClang14", "channel_mean_f32", 256, memory => [memory, 0.5, memory + 128, memory + 136, memory + 132, 16, 16]);
        Assert.Matches(@"^channel_mean_f32: ChannelMeanOfClang14\.ptx:\d+: thread \d+ of block 0,0,0 races: it \w+ offset 0 of _ZZL13is_last_blockPjjE4last, which .* without a barrier between", told);
    }

    [Fact]
    public void The_committed_kernel_has_the_load_where_it_belongs()
    {
        using Device device = new();
        DevicePointer memory = device.Put([.. Enumerable.Range(1, 16).Select(i => (double)i), .. new double[16], 0, 0, 0, 0], ElementType.Float32);
        DevicePointer parts = device.Bytes(512 * sizeof(double));
        device.Library.Kernel("ChannelMean", "channel_mean_f32").Launch(1, memory, 0.5, memory + 128, parts, memory + 132, 16, 16);
        Assert.Equal(0.5 * 136, device.Get(memory + 128, 1, ElementType.Float32)[0]);
    }

    [Fact]
    public void Threads_that_have_ended_do_not_count_at_a_barrier()
    {
        using Device device = new();
        DevicePointer memory = device.Bytes(256);
        Launch(device.Context, device.Stream, "Sound", "ended_threads_f32", 1, 64, memory);
        Assert.Equal([.. Enumerable.Range(0, 32).Select(i => i ^ 1)], device.GetIntegers(memory, 32));
    }

    [Fact]
    public void The_same_value_and_neighbours_in_one_word_are_no_race()
    {
        using Device device = new();
        DevicePointer memory = device.Bytes(256);
        Launch(device.Context, device.Stream, "Sound", "same_value_f32", 1, 64, memory);
        byte[] bytes = device.GetBytes(memory, 256);
        Assert.Equal([7, 0, 0, 0], bytes[..4]);
        Assert.Equal([.. Enumerable.Range(0, 64).Select(i => (byte)i)], bytes[64..128]);
        Assert.Equal([.. Enumerable.Range(0, 64).Select(i => (short)i)], Enumerable.Range(0, 64).Select(i => BitConverter.ToInt16(bytes, 128 + (2 * i))));
    }

    [Theory]
    [InlineData("chance_order_f32", false)]
    [InlineData("any_order_f32", true)]
    public void A_sum_whose_order_is_left_to_chance_shows_when_the_blocks_run_the_other_way(string kernel, bool same)
    {
        using Device device = new();
        byte[][] results = new byte[2][];
        for (int reverse = 0; reverse < 2; reverse++)
        {
            using ThreadOrder order = new(reverse == 1);
            DevicePointer memory = device.Put(new int[64]);
            Launch(device.Context, device.Stream, "Sound", kernel, 100, 1, memory);
            results[reverse] = device.GetBytes(memory, 4);
        }

        Assert.Equal(same, results[0].SequenceEqual(results[1]));
    }

    [Theory]
    [InlineData("frobnicate.f32 %f1, %f1, %f1;")]
    [InlineData("add.rz.f32 %f1, %f1, %f1;")]
    [InlineData("mad.lo.f32 %f1, %f1, %f1, %f1;")]
    [InlineData("add.rn.f32 %f1, %f1;")]
    [InlineData("cvt.rn.bf16.f32 %r1, %f1;")]
    [InlineData("cvt.rna.tf32.f32 %r1, %f1;")]
    [InlineData("bar.sync 1;")]
    [InlineData("bar.sync 0, 64;")]
    [InlineData("bar.warp.sync -1;")]
    [InlineData("shfl.bfly.b32 %r1, %r1, 1, 31;")]
    [InlineData("call.uni callee, ();")]
    [InlineData("ld.global.L1::no_allocate.f32 %f1, [%rd1];")]
    [InlineData("st.param.f32 [param_0], %f1;")]
    [InlineData("mov.u32 %r1, %clock;")]
    [InlineData("mov.u32 %r1, nowhere;")]
    [InlineData("mov.u32 %r77, 1;")]
    [InlineData("ld.param.u32 %r1, [other_param_0];")]
    [InlineData("@%r1 bra there;")]
    [InlineData(".branchtargets a, b;")]
    public void An_instruction_that_the_translator_does_not_know_is_named_with_its_line(string instruction)
    {
        string text = $".version 6.4\n.target sm_75\n.address_size 64\n.visible .entry k(\n.param .u64 k_param_0\n)\n{{\n.reg .b32 %r<3>;\n.reg .f32 %f<3>;\n.reg .b64 %rd<3>;\n\n{instruction}\nret;\n}}\n";
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => PtxTranslator.Translate(PtxFile.Parse("Unknown.ptx", text)));
        Assert.StartsWith("Unknown.ptx:12: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(instruction.TrimEnd(';'), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_was_not_translated_does_not_load()
    {
        using Device device = new();
        byte[] other = [.. File.ReadAllBytes(Fixture("Sound")), (byte)'\n'];
        Assert.Contains("none of those that the stand-in was built of", Assert.Throws<CudaException>(() => CudaModule.Load(device.Context, "other", other)).Message, StringComparison.Ordinal);
    }

    internal static string Fixture(string name) => FakeCudaBuild.PtxFiles().Single(f => Path.GetFileName(f) == name + ".ptx");

    internal static unsafe void Launch(CudaContext context, CudaStream stream, string file, string kernel, int blocks, int threads, params KernelArgument[] arguments)
    {
        using CudaModule module = CudaModule.Load(context, file, File.ReadAllBytes(Fixture(file)));
        ulong* values = stackalloc ulong[arguments.Length];
        void** addresses = stackalloc void*[arguments.Length];
        for (int i = 0; i < arguments.Length; i++)
        {
            values[i] = arguments[i].Bits;
            addresses[i] = values + i;
        }

        module.Function(kernel).Launch(stream, blocks, threads, 0, addresses);
        stream.Synchronize();
    }

    // What a launch over 64 words of zeros was reported for; on a device of its own, which the failure takes down.
    private static string Fails(string file, string kernel, int threads, Func<DevicePointer, KernelArgument[]> arguments)
    {
        FakeCuda.Require();
        CudaCheck.ThrowIfFailed(CuDriver.cuInit(0));
        CudaCheck.ThrowIfFailed(CuDriver.cuDeviceGet(out int device, 1));
        using CudaContext context = CudaContext.RetainPrimary(device);
        using CudaStream stream = CudaStream.Create(context);
        using DeviceMemory memory = DeviceMemory.Allocate(context, 256, "a test");
        stream.Fill(memory.Pointer, 0, 64);
        CudaFatalException failure = Assert.Throws<CudaFatalException>(() => Launch(context, stream, file, kernel, 1, threads, arguments(memory.Pointer)));
        string told = Assert.Single(FakeCuda.Violations().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(told, failure.Message, StringComparison.Ordinal);
        return told;
    }
}
