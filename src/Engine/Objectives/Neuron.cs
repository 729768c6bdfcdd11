using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Objectives;

/// <summary>One value of a map.</summary>
/// <param name="Channel">Its channel or unit, from 0.</param>
/// <param name="Row">Its row, from 0; null for the middle, h / 2.</param>
/// <param name="Column">Its column, from 0; null for the middle, w / 2.</param>
public readonly record struct Neuron(int Channel, int? Row = null, int? Column = null)
{
    /// <summary>Where it lies among one image's values of a tap of one channel.</summary>
    /// <exception cref="PlanException">Outside the map.</exception>
    internal int Place(TensorShape map, string layer)
    {
        int row = Row ?? map.H / 2;
        int column = Column ?? map.W / 2;
        return row >= 0 && row < map.H && column >= 0 && column < map.W
            ? (row * map.W) + column
            : throw new PlanException($"'{layer}' has no neuron at row {row}, column {column}; its map is {map.H} x {map.W} for a picture of this size.");
    }

    /// <summary><c>133@7,7</c>, or the channel alone for the middle.</summary>
    public override string ToString() => Row is null && Column is null ? $"{Channel}" : $"{Channel}@{Row?.ToString() ?? "middle"},{Column?.ToString() ?? "middle"}";
}
