namespace VggCuda.Native.Tests;

/// <summary>C and C++ programs against the library as it is shipped: what the header promises, and that no misuse does more than fail.</summary>
[Collection(nameof(Library))]
public sealed class ProgramTests(Library library)
{
    // Seeds and rounds of the fuzz that every run of the tests makes; VGGCUDA_FUZZ=N makes N times as many.
    private const int FuzzSeeds = 3;
    private const int FuzzRounds = 2000;

    [Fact]
    public void Every_misuse_gives_its_status() => Assert.Equal("misuse: all refused", library.Run("misuse.c"));

    [Fact]
    public void DLPack_tensors_have_the_bits_of_arrays() => Assert.Equal("dlpack: the same bits", library.Run("dlpack.c"));

    [Fact]
    public void The_cpp_header_turns_statuses_into_exceptions() => Assert.Equal("errors: as they should be", library.Run("errors.cpp"));

    [Fact]
    public void A_forked_child_is_refused_and_exec_works() => Assert.Equal("forked: as the header says", library.Run("forked.c"));

    [Fact]
    public void No_signal_is_touched_but_those_that_the_header_names()
    {
        string said = library.Run("signals.c", [Path.Combine(Library.Root, "lib", "libvggcuda.so.0")]);
        Assert.EndsWith("signals: as the header says", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_thousand_cycles_leave_the_memory_where_it_was() => Assert.StartsWith("endurance: 1000 cycles", library.Run("endurance.c", ["1000"]), StringComparison.Ordinal);

    [Fact]
    public void Random_calls_give_statuses_alone()
    {
        string program = library.Compile("fuzz.c");
        int times = int.TryParse(Environment.GetEnvironmentVariable("VGGCUDA_FUZZ"), out int given) ? Math.Max(1, given) : 1;
        for (int seed = 1; seed <= FuzzSeeds * times; seed++)
        {
            // One thread alone can be repeated call by call.
            string said = Tools.Succeed(library.Folder, program, [$"{seed}", $"{FuzzRounds}", $"{(seed % 3 == 1 ? 1 : 3)}"]).Output;
            Assert.Contains("VGG_OK", said, StringComparison.Ordinal);
            Assert.Contains("; 0 handles left", said, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("dlpack.c")]
    [InlineData("misuse.c")]
    public void What_the_library_allocates_natively_passes_the_address_sanitizer(string source)
    {
        string program = library.Compile(source, "-fsanitize=address");

        // The runtime's own handler of SIGSEGV stays; its heap is mapped, not allocated, and is not looked at.
        Tools.Succeed(library.Folder, program, [], ("ASAN_OPTIONS", "handle_segv=0:detect_leaks=1:use_sigaltstack=0"), ("LSAN_OPTIONS", "exitcode=23"));
    }
}
