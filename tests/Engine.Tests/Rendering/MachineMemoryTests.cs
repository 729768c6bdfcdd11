using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Tests.Rendering;

/// <summary>The memory of machines and control groups, made of files.</summary>
public sealed class MachineMemoryTests : IDisposable
{
    private const long Gibi = 1L << 30;
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("vggcuda-memory-");

    public MachineMemoryTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "control groups are Linux's");
        Write("proc/meminfo", "MemTotal:       16777216 kB\nMemFree:         1048576 kB\nMemAvailable:    8388608 kB\n");
    }

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void A_machine_without_groups_has_what_it_has() => Assert.Equal((16 * Gibi, 8 * Gibi), Read());

    [Fact]
    public void A_limit_of_version_2_counts()
    {
        Write("proc/self/cgroup", "0::/user/job\n");
        Write("proc/self/mountinfo", "30 29 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n");
        Write("sys/fs/cgroup/user/job/memory.max", $"{4 * Gibi}\n");
        Write("sys/fs/cgroup/user/job/memory.current", $"{3 * Gibi}\n");
        Write("sys/fs/cgroup/user/job/memory.stat", $"anon 5\ninactive_file {Gibi}\n");
        Assert.Equal((4 * Gibi, 2 * Gibi), Read());
    }

    [Fact]
    public void A_group_above_may_be_the_narrower_one()
    {
        Write("proc/self/cgroup", "0::/user/job\n");
        Write("proc/self/mountinfo", "30 29 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n");
        Write("sys/fs/cgroup/user/job/memory.max", "max\n");
        Write("sys/fs/cgroup/user/memory.max", $"{2 * Gibi}\n");
        Write("sys/fs/cgroup/user/memory.current", "0\n");
        Assert.Equal((2 * Gibi, 2 * Gibi), Read());
    }

    [Fact]
    public void A_limit_of_version_1_counts_and_its_number_for_none_does_not()
    {
        Write("proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/job\n0::/\n");
        Write("proc/self/mountinfo", "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,cpu,memory\n36 31 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        Write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", $"{Gibi}\n");
        Write("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "1000\n");
        Assert.Equal((Gibi, Gibi - 1000), Read());
    }

    [Fact]
    public void A_container_sees_its_own_group_at_the_top()
    {
        Write("proc/self/cgroup", "4:memory:/docker/abc\n");
        Write("proc/self/mountinfo", "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", $"{3 * Gibi}\n");
        Assert.Equal(3 * Gibi, Read().Limit);
    }

    [Fact]
    public void A_limit_on_the_address_space_counts_what_is_reserved()
    {
        Write("proc/self/limits", "Limit                     Soft Limit           Hard Limit           Units     \nMax address space         4294967296           unlimited            bytes     \n");
        Write("proc/self/status", "Name:\tvggcuda\nVmPeak:\t 9999999 kB\nVmSize:\t 3145728 kB\nVmRSS:\t  524288 kB\n");
        Assert.Equal((Gibi + (Gibi / 2), Gibi), Read());
    }

    [Fact]
    public void An_address_space_without_a_limit_sets_none()
    {
        Write("proc/self/limits", "Max address space         unlimited            unlimited            bytes     \n");
        Assert.Equal((16 * Gibi, 8 * Gibi), Read());
    }

    [Theory]
    [InlineData("0::/x\n", "nonsense\n")]
    [InlineData("0:/x\n4:memory\n\n:::\n", "30 29 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")]
    [InlineData("0::/../../x\n", "30 29 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")]
    public void What_cannot_be_understood_sets_no_limit(string groups, string mounts)
    {
        Write("proc/self/cgroup", groups);
        Write("proc/self/mountinfo", mounts);
        Write("sys/fs/cgroup/memory.max", "many\n");
        Assert.Equal((16 * Gibi, 8 * Gibi), Read());
    }

    [Fact]
    public void This_machine_has_some()
    {
        Assert.InRange(MachineMemory.Limit, 64L << 20, 1L << 50);
        Assert.InRange(MachineMemory.Available, 1, MachineMemory.Limit);
    }

    private (long Limit, long Available) Read() => MachineMemory.Read(_root.FullName);

    private void Write(string path, string text)
    {
        string full = Path.Combine(_root.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
