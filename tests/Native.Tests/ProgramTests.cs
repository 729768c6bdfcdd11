namespace VggCuda.Native.Tests;

/// <summary>C and C++ programs against the library as it is shipped: what the header promises, and that no misuse does more than fail.</summary>
[Collection(nameof(Library))]
public sealed class ProgramTests(Library library)
{
    // What every run of the tests does; VGGCUDA_LONG=N does N times as much.
    private const int FuzzSeeds = 3;
    private const int FuzzRounds = 2000;
    private const int Cycles = 100;

    private static int Times => int.TryParse(Environment.GetEnvironmentVariable("VGGCUDA_LONG"), out int given) ? Math.Clamp(given, 1, 1000) : 1;

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
    public void Cycles_of_opening_and_closing_leave_the_memory_where_it_was() =>
        Assert.StartsWith($"endurance: {Cycles * Times} cycles", library.Run("endurance.c", [$"{Cycles * Times}"]), StringComparison.Ordinal);

    [Fact]
    public void Random_calls_give_statuses_alone()
    {
        string program = library.Compile("fuzz.c");
        for (int seed = 1; seed <= FuzzSeeds * Times; seed++)
        {
            // One thread alone can be repeated call by call.
            string said = Tools.Succeed(library.Folder, program, [$"{seed}", $"{FuzzRounds}", $"{(seed % 3 == 1 ? 1 : 3)}"]).Output;
            Assert.Contains("VGG_OK", said, StringComparison.Ordinal);
            Assert.Contains("; 0 handles left", said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Valgrind_finds_no_access_beyond_what_is_allocated_and_nothing_lost()
    {
        const string valgrind = "/usr/bin/valgrind";
        Assert.SkipUnless(File.Exists(valgrind), "valgrind is not here; Debian: apt-get install --no-install-recommends valgrind");
        string program = library.Compile("memcheck.c");

        // Blocks that are still referred to at the end are the runtime's, and so are those that are only possibly lost: its threads' own data.
        string[] arguments = ["-q", "--fair-sched=yes", "--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=definite,indirect", "--errors-for-leak-kinds=definite,indirect", program];
        Assert.Equal("memcheck: done", Tools.Succeed(library.Folder, valgrind, arguments).Output.Trim());

        // The library writes into memory of the program's that is a value too short.
        Outcome planted = Tools.Run(library.Folder, valgrind, [.. arguments, "planted"]);
        Assert.Equal(9, planted.Code);
        Assert.Contains("Invalid write", planted.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dlpack.c")]
    [InlineData("misuse.c")]
    public void What_the_library_allocates_natively_passes_the_address_sanitizer(string source)
    {
        string program = library.Compile(source, "-fsanitize=address");

        // The runtime keeps its own handler of SIGSEGV. What is allocated is referred to from the managed heap, which the search for leaks
        // does not look at and would call lost: leaks are counted by endurance.c.
        Tools.Succeed(library.Folder, program, [], ("ASAN_OPTIONS", "handle_segv=0:detect_leaks=0:use_sigaltstack=0"));
    }
}
