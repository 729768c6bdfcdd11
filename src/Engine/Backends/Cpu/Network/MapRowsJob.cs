namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Work on the rows of a map, an even number of them at a time.</summary>
internal abstract class MapRowsJob(PlaneLayout map) : Job
{
    private const int ValuesPerTask = 32768;
    private readonly int _rows = Math.Max(2, ValuesPerTask / (map.Width * map.Blocks * map.Lanes) / 2 * 2);

    /// <inheritdoc/>
    public sealed override int Chunks => map.Images * Tasks;

    protected PlaneLayout Map => map;

    private int Tasks => (map.Height + _rows - 1) / _rows;

    /// <inheritdoc/>
    public sealed override void Execute(int chunk, int worker)
    {
        int first = chunk % Tasks * _rows;
        Rows(chunk / Tasks, first, Math.Min(first + _rows, map.Height));
    }

    /// <summary>Does rows [first, end) of all channel blocks of one image; <paramref name="first"/> is even.</summary>
    protected abstract void Rows(int image, int first, int end);
}
