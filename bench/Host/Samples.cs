using VggCuda.Imaging;

namespace VggCuda.Bench.Host;

/// <summary>What the benchmarks work on: pictures that were drawn by this program, since noise or flat colour would compress otherwise.</summary>
internal static class Samples
{
    /// <summary>The repository's root: also BenchmarkDotNet's generated programs run below it.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>224 x 224 pixels of a picture of class 20.</summary>
    public static Picture Picture()
    {
        const int side = 224;
        Picture all = PictureFile.Read(Path.Combine(Root, "docs", "images", "predictions-20.png"));
        byte[] rgb = new byte[side * side * 3];
        for (int y = 0; y < side; y++)
        {
            all.Rgb.AsSpan(y * all.Width * 3, side * 3).CopyTo(rgb.AsSpan(y * side * 3));
        }

        return new Picture(side, side, rgb);
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "VggCuda.sln")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException("The benches run outside the repository, without the pictures and weights that they measure with.");
    }
}
