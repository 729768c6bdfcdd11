namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The transforms of one of Winograd's algorithms, F(4x4, 3x3) or F(2x2, 3x3), for one vector width.</summary>
internal sealed unsafe class TileKernels
{
    /// <summary>A window of a map: source, floats between its rows, target, floats between products.</summary>
    public required delegate*<float*, nint, float*, nint, void> FromMap { get; init; }

    /// <summary>A window of a pooled gradient: plane, floats between rows, masks, height, width, tile's row and column, target, floats between products, scratch.</summary>
    public required delegate*<float*, nint, ulong*, int, int, int, int, float*, nint, float*, void> FromPooled { get; init; }

    /// <summary>A tile of outputs, rows four vectors apart: products, floats between them, outputs.</summary>
    public required delegate*<float*, nint, float*, void> ToTile { get; init; }

    /// <summary>A line of the products of filters: its number, weights, target, how many and how far apart.</summary>
    public required delegate*<int, float*, float*, in FilterRun, void> FilterLine { get; init; }
}
