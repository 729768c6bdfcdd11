using VggCuda.Engine.Model;
using VggCuda.Imaging;

namespace VggCuda.Cli.Examples;

/// <summary>The nine strongest patches of each unit of a layer, as pictures go by.</summary>
/// <remarks>Holds at most nine small patches a unit, however many pictures there are; units that look at the same place share one.</remarks>
internal sealed class StrongestPatches
{
    /// <summary>Patches kept for each unit.</summary>
    public const int Most = 9;

    // Patches are kept no larger than this, pixels.
    private const int MostCell = 64;

    // ... and shown no smaller.
    private const int LeastShown = 48;
    private const int Gap = 2;
    private readonly bool _isRectified;
    private readonly int _cell;
    private readonly List<Found>[] _found;

    /// <param name="layer">The layer.</param>
    /// <param name="field">What one value of it looks at.</param>
    public StrongestPatches(Layer layer, ReceptiveField field)
    {
        Layer = layer;
        Field = field;
        _isRectified = !layer.IsClassifier;
        _cell = Math.Min(field.Size, MostCell);
        _found = [.. Enumerable.Range(0, layer.Outputs).Select(_ => new List<Found>(Most))];
    }

    public Layer Layer { get; }

    public ReceptiveField Field { get; }

    /// <summary>Rows and columns of a patch on a sheet.</summary>
    public int Cell => _cell * Factor;

    private int Factor => (LeastShown + _cell - 1) / _cell;

    /// <summary>Takes in what the layer found in a picture. Each unit counts by its largest value; of a ReLU's units only what is above 0.</summary>
    /// <param name="file">The picture's place in the list.</param>
    /// <param name="values">(rows, columns, channels).</param>
    /// <param name="columns">Columns of the layer's output.</param>
    /// <param name="input">The picture as the network sees it.</param>
    public void Add(int file, ReadOnlySpan<float> values, int columns, Picture input)
    {
        int channels = _found.Length;
        float[] largest = new float[channels];
        int[] places = new int[channels];
        Array.Fill(largest, float.NegativeInfinity);
        for (int place = 0; place * channels < values.Length; place++)
        {
            ReadOnlySpan<float> here = values.Slice(place * channels, channels);
            for (int c = 0; c < channels; c++)
            {
                if (here[c] > largest[c])
                {
                    (largest[c], places[c]) = (here[c], place);
                }
            }
        }

        Dictionary<int, Picture> patches = [];
        for (int c = 0; c < channels; c++)
        {
            List<Found> found = _found[c];
            if (!float.IsFinite(largest[c]) || (_isRectified && largest[c] <= 0) || (found.Count == Most && largest[c] <= found[^1].Activation))
            {
                continue;
            }

            (int row, int column) = (places[c] / columns, places[c] % columns);
            if (!patches.TryGetValue(places[c], out Picture? patch))
            {
                patch = patches[places[c]] = Resizing.Fit(Crop(input, Field.Start + (column * Field.Stride), Field.Start + (row * Field.Stride), Field.Size), _cell, _cell);
            }

            // Among equals the earlier picture stays ahead.
            int at = found.FindIndex(f => f.Activation < largest[c]);
            found.Insert(at < 0 ? found.Count : at, new Found(largest[c], file, row, column, patch));
            if (found.Count > Most)
            {
                found.RemoveAt(Most);
            }
        }
    }

    /// <summary>What was found, by unit.</summary>
    /// <param name="names">The pictures' names.</param>
    public IReadOnlyList<ExampleUnit> Units(IReadOnlyList<string> names) =>
        [.. _found.Select((found, c) => new ExampleUnit(c, [.. found.Select(f => new Example(names[f.File], f.Activation, f.Row, f.Column, Field.Start + (f.Column * Field.Stride), Field.Start + (f.Row * Field.Stride)))]))];

    /// <summary>A unit's patches, three in a row with a white line between, or null where it has none.</summary>
    public Picture? Sheet(int channel)
    {
        List<Found> found = _found[channel];
        if (found.Count == 0)
        {
            return null;
        }

        int columns = Math.Min(3, found.Count);
        int rows = (found.Count + 2) / 3;
        Picture sheet = Picture.Black((columns * (Cell + Gap)) - Gap, (rows * (Cell + Gap)) - Gap);
        sheet.Rgb.AsSpan().Fill(255);
        for (int i = 0; i < found.Count; i++)
        {
            Picture patch = Enlarge.Nearest(found[i].Patch, Factor);
            (int left, int top) = (i % 3 * (Cell + Gap), i / 3 * (Cell + Gap));
            for (int y = 0; y < Cell; y++)
            {
                patch.Rgb.AsSpan(y * Cell * 3, Cell * 3).CopyTo(sheet.Rgb.AsSpan((((top + y) * sheet.Width) + left) * 3));
            }
        }

        return sheet;
    }

    // Grey where the field reaches over the edge.
    private static Picture Crop(Picture picture, int left, int top, int size)
    {
        if (left == 0 && top == 0 && size == picture.Width && size == picture.Height)
        {
            return picture;
        }

        Picture patch = Picture.Black(size, size);
        patch.Rgb.AsSpan().Fill(128);
        int from = Math.Max(0, left);
        int end = Math.Min(picture.Width, left + size);
        for (int y = Math.Max(0, top); y < Math.Min(picture.Height, top + size) && from < end; y++)
        {
            picture.Rgb.AsSpan(((y * picture.Width) + from) * 3, (end - from) * 3).CopyTo(patch.Rgb.AsSpan((((y - top) * size) + from - left) * 3));
        }

        return patch;
    }

    private sealed record Found(float Activation, int File, int Row, int Column, Picture Patch);
}
