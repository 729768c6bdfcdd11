using VggCuda.Kernels.Interop;

namespace VggCuda.Kernels.Operations;

/// <summary>What a step ends with, as the kernels of step_end.cuh take it: all of it is a few numbers an image, or the picture once more, and goes with another launch.</summary>
internal sealed class StepEnd
{
    /// <summary>Sums at most.</summary>
    public const int MostSums = 3;

    /// <summary>Columns of the log at most.</summary>
    public const int MostColumns = 8;

    /// <summary>No end.</summary>
    public static StepEnd None { get; } = new();

    /// <summary>Numbers of each tensor but the steps and the pictures; 0 where there are none.</summary>
    public int Images { get; init; }

    /// <summary>(a, b, total), float32 (images) each: total = a + b, or a where b is none; in order. A total may be a later one's a or b.</summary>
    public IReadOnlyList<(DevicePointer A, DevicePointer B, DevicePointer Total)> Sums { get; init; } = [];

    /// <summary>What decides whether the picture is kept, float32 (images); or none. A sum counts.</summary>
    public DevicePointer Lowest { get; init; }

    /// <summary>One float32: the step that is noted where the picture is kept.</summary>
    public DevicePointer KeptStep { get; init; }

    /// <summary>float32 (images): the lowest so far.</summary>
    public DevicePointer BestTotal { get; init; }

    /// <summary>float32 (images): its step.</summary>
    public DevicePointer BestStep { get; init; }

    /// <summary>float32 of the picture's shape, aligned to 16 bytes: the picture that had it.</summary>
    public DevicePointer Best { get; init; }

    /// <summary>Whether the lowest so far is infinity, whatever lies in <see cref="BestTotal"/>.</summary>
    public bool Restarts { get; init; }

    /// <summary>float32 of the picture's shape, aligned to 16 bytes, that gets the picture; or none.</summary>
    public DevicePointer Copy { get; init; }

    /// <summary>float32 (rows, images, columns), or none.</summary>
    public DevicePointer Log { get; init; }

    /// <summary>One float32: the log's row; beyond the rows nothing is written.</summary>
    public DevicePointer Row { get; init; }

    /// <summary>Of the log.</summary>
    public int Rows { get; init; }

    /// <summary>float32 (images) each; what the sums and the best totals have become counts.</summary>
    public IReadOnlyList<DevicePointer> Columns { get; init; } = [];

    /// <summary>One float32, counted up behind all else; or none.</summary>
    public DevicePointer Step { get; init; }

    /// <summary>The struct of step_end.cuh.</summary>
    public KernelArgument Argument()
    {
        List<KernelArgument> fields = [Images, Columns.Count, Rows, Restarts ? 1 : 0];
        for (int i = 0; i < MostSums; i++)
        {
            (DevicePointer a, DevicePointer b, DevicePointer total) = i < Sums.Count ? Sums[i] : default;
            fields.AddRange([a, b, total]);
        }

        fields.AddRange([Lowest, KeptStep, BestTotal, BestStep, Best, Copy, Log, Row]);
        for (int i = 0; i < MostColumns; i++)
        {
            fields.Add(i < Columns.Count ? Columns[i] : DevicePointer.None);
        }

        return KernelArgument.Struct([.. fields, Step]);
    }
}
