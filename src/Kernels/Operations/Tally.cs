using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>Sums of the losses, their row in the log and the count of steps in one launch: what each does is a few numbers, and a launch of its own would cost more than they do.</summary>
internal sealed class Tally(KernelLibrary library)
{
    /// <summary>Sums in a launch at most.</summary>
    public const int MostSums = 3;

    /// <summary>Columns of the log at most.</summary>
    public const int MostColumns = 8;

    private readonly Kernel _tally = library.Kernel("Tally", "tally_f32");

    /// <summary>Queues it.</summary>
    /// <param name="images">Numbers of each tensor but the two steps.</param>
    /// <param name="sums">(a, b, total), float32 (images) each: total = a + b, in order; a total may be a later one's a or b.</param>
    /// <param name="log">float32 (rows, images, columns), or none.</param>
    /// <param name="row">One float32: the log's row; beyond the rows nothing is written.</param>
    /// <param name="rows">Of the log.</param>
    /// <param name="columns">float32 (images) each; what the sums give counts.</param>
    /// <param name="step">One float32, counted up behind all else; or none.</param>
    public void Launch(int images, ReadOnlySpan<(DevicePointer A, DevicePointer B, DevicePointer Total)> sums, DevicePointer log, DevicePointer row, int rows, ReadOnlySpan<DevicePointer> columns, DevicePointer step)
    {
        Span<(DevicePointer A, DevicePointer B, DevicePointer Total)> s = stackalloc (DevicePointer, DevicePointer, DevicePointer)[MostSums];
        Span<DevicePointer> c = stackalloc DevicePointer[MostColumns];
        s.Clear();
        c.Clear();
        sums.CopyTo(s);
        columns.CopyTo(c);
        _tally.Launch(
            1, images, s[0].A, s[0].B, s[0].Total, s[1].A, s[1].B, s[1].Total, s[2].A, s[2].B, s[2].Total,
            log, row, rows, columns.Length, c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], step);
    }
}
