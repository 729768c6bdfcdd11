using System.Runtime.InteropServices;

namespace VggCuda.Imaging.Tests;

/// <summary>A limit on the length of files holds for the whole process, hence nothing else runs beside this.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public class AloneCollection;

[Collection(nameof(AloneCollection))]
public class FileSizeLimitTests
{
    private const int FileSize = 1;
    private const int LimitSignal = 25;
    private const nint Ignore = 1;

    [Fact]
    public void A_disk_that_fills_up_half_way_leaves_nothing_behind()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "RLIMIT_FSIZE with Linux's numbers");
        using TestFolder folder = new();
        folder.Put("old.gif", "old"u8);
        // For good: a registration of .NET's hears of a signal some time later, and might be gone by then.
        SetHandler(LimitSignal, Ignore);
        Assert.Equal(0, GetLimit(FileSize, out Limit before));
        Assert.Equal(0, SetLimit(FileSize, new Limit { Soft = 20_000, Hard = before.Hard }));
        List<string> messages = [];
        try
        {
            Picture noise = Sample.Noise(100, 100, 1);
            foreach (Action write in new Action[]
            {
                () => PictureFile.WritePng(noise, folder["a.png"]),
                () => Npy.Write(folder["a.npy"], [1, 100, 100, 3], new float[30_000]),
                () => AnimatedGif.Write(folder["old.gif"], [noise, noise], TimeSpan.FromSeconds(1)),
                () => AnimatedWebP.Write(folder["a.webp"], [noise], TimeSpan.FromSeconds(1), quality: null),
            })
            {
                messages.Add(Assert.ThrowsAny<IOException>(write).Message);
            }
        }
        finally
        {
            Assert.Equal(0, SetLimit(FileSize, before));
        }

        Assert.All(messages, m => Assert.Contains("the file would be larger than the system allows", m, StringComparison.Ordinal));
        Assert.Equal(["old.gif"], folder.Names);
        Assert.Equal("old", File.ReadAllText(folder["old.gif"]));
    }

    [Fact]
    public void A_full_device_is_told()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full");
        Assert.Contains("the disk is full", Assert.ThrowsAny<IOException>(() => PictureFile.WritePng(Sample.Noise(99, 99, 1), "/dev/full")).Message, StringComparison.Ordinal);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public nuint Soft;
        public nuint Hard;
    }

    [DllImport("libc", EntryPoint = "getrlimit")]
    private static extern int GetLimit(int resource, out Limit limit);

    [DllImport("libc", EntryPoint = "signal")]
    private static extern nint SetHandler(int signal, nint handler);

    [DllImport("libc", EntryPoint = "setrlimit")]
    private static extern int SetLimit(int resource, in Limit limit);
}
