namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The transforms of one of Winograd's algorithms, F(4x4, 3x3) or F(2x2, 3x3), for one vector width.</summary>
internal sealed unsafe class TileKernels
{
    /// <summary>A window of a map: source, floats between its rows, target, floats between products, scratch.</summary>
    public required delegate*<float*, nint, float*, nint, float*, void> FromMap { get; init; }

    /// <summary>A window of a pooled gradient: plane, floats between rows, masks, height, width, tile's row and column, target, floats between products, scratch.</summary>
    public required delegate*<float*, nint, ulong*, int, int, int, int, float*, nint, float*, void> FromPooled { get; init; }

    /// <summary>A tile of outputs, rows four vectors apart: products, floats between them, outputs, scratch.</summary>
    public required delegate*<float*, nint, float*, float*, void> ToTile { get; init; }

    /// <summary>A vector of filters: weights, floats between them, floats between products, target, scratch.</summary>
    public required delegate*<float*, nint, nint, float*, float*, void> FromFilter { get; init; }
}
