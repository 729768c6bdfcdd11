using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>Some pictures that are explained together: no more than fit a pass.</summary>
internal sealed class Chunk(int capacity, int side, Preprocessing preprocessing, double temperature)
{
    private const int MostTop = 5;
    private readonly double[] _pictures = new double[capacity * side * side * 3];
    private readonly double[] _maps = new double[capacity * side * side];
    private readonly int?[] _asked = new int?[capacity];

    /// <summary>Pictures in it.</summary>
    public int Count { get; private set; }

    /// <summary>Rows and columns of each.</summary>
    public int Side => side;

    /// <summary>How the network is fed.</summary>
    public Preprocessing Preprocessing => preprocessing;

    /// <summary>What was found about each picture.</summary>
    public AttributionFacts[] Facts { get; } = new AttributionFacts[capacity];

    /// <summary>A picture, (side, side, 3).</summary>
    public ReadOnlySpan<double> Picture(int index) => _pictures.AsSpan(index * side * side * 3, side * side * 3);

    /// <summary>A picture's map, (side, side), to be filled.</summary>
    public Span<double> Map(int index) => _maps.AsSpan(index * side * side, side * side);

    /// <summary>Takes pictures in.</summary>
    /// <param name="pictures">(count, side, side, 3).</param>
    /// <param name="classes">None for the likeliest of each picture, one for all, or one per picture.</param>
    /// <exception cref="PlanException">A value is not finite.</exception>
    public void Load(ReadOnlySpan<float> pictures, ReadOnlySpan<int> classes)
    {
        Count = pictures.Length / (side * side * 3);
        for (int i = 0; i < pictures.Length; i++)
        {
            if (!float.IsFinite(pictures[i]))
            {
                throw new PlanException($"Picture {i / (side * side * 3)} holds a value that is not finite; numbers from 0 to 255 are expected.");
            }

            _pictures[i] = pictures[i];
        }

        for (int i = 0; i < Count; i++)
        {
            _asked[i] = classes.Length switch { 0 => null, 1 => classes[0], _ => classes[i] };
        }
    }

    /// <summary>Judges a clean picture: decides the class, where none was asked about, and writes its facts.</summary>
    /// <returns>The class.</returns>
    public int Judge(int index, ReadOnlySpan<double> logits)
    {
        ImmutableArray<Prediction> top = HostRanking.Of(logits, Math.Min(MostTop, logits.Length));
        int asked = _asked[index] ??= top[0].Class;
        double probability = Probabilities.Of(logits, asked);
        if (temperature != 1)
        {
            double[] divided = new double[logits.Length];
            for (int i = 0; i < divided.Length; i++)
            {
                divided[i] = logits[i] / temperature;
            }

            probability = Probabilities.Of(divided, asked);
            top = [.. top.Select(p => p with { Probability = Probabilities.Of(divided, p.Class) })];
        }

        Facts[index] = new AttributionFacts(asked, logits[asked], probability, top);
        return asked;
    }

    /// <summary>The class that a picture is asked about, once it has been judged.</summary>
    public int ClassOf(int index) => Facts[index].Class;
}
