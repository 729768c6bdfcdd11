using System.Collections;
using VggCuda.Engine.Rendering;
using VggCuda.Imaging;

namespace VggCuda.Cli.Drawing;

/// <summary>The frames of an animation, stitched when they are asked for: all of them at once may be more than the memory holds.</summary>
internal sealed class StitchedFrames(LabelledGrid grid, IReadOnlyList<RenderedImage> images, IReadOnlyList<IReadOnlyList<byte[]>> frames) : IReadOnlyList<Picture>
{
    // Of small sheets all are kept: encoders look at each several times.
    private const long MostKept = 32L << 20;
    private const long MostLeftOver = 64L << 20;
    private const int Passes = 3;
    private readonly Picture?[] _kept = new Picture?[frames.Count];
    private (int Index, Picture Picture)? _last;

    /// <summary>Bytes that they take at most; of frames that are not kept, what the garbage collector has not taken yet counts too.</summary>
    /// <param name="count">Frames.</param>
    /// <param name="sheet">Bytes of one.</param>
    public static long BytesFor(long count, long sheet) => count * sheet <= MostKept ? count * sheet : Math.Min(Passes * count * sheet, MostLeftOver) + (2 * sheet);

    /// <inheritdoc/>
    public int Count => frames.Count;

    /// <inheritdoc/>
    public Picture this[int index]
    {
        get
        {
            if (_kept[index] is { } kept)
            {
                return kept;
            }

            if (_last is { } last && last.Index == index)
            {
                return last.Picture;
            }

            Picture made = grid.Stitch(images, frames[index]);
            _last = (index, made);
            if ((long)made.Rgb.Length * Count <= MostKept)
            {
                _kept[index] = made;
            }

            return made;
        }
    }

    /// <inheritdoc/>
    public IEnumerator<Picture> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
