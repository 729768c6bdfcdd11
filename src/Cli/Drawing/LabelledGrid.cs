using VggCuda.Cli.Networks;
using VggCuda.Engine.Display;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Imaging;

namespace VggCuda.Cli.Drawing;

/// <summary>Pictures enlarged, labelled and stitched.</summary>
internal sealed class LabelledGrid
{
    private const int ComfortableSide = 224;
    private const int LargestGifScale = 2;
    private const int FewestGifFrames = 12;
    private const long GifPixels = 1_700_000;
    private readonly RenderPlan _plan;
    private readonly ChosenNetwork _chosen;
    private readonly bool _isScaleGiven;

    /// <param name="plan">What was drawn.</param>
    /// <param name="chosen">For the names of classes.</param>
    /// <param name="scale">Whole factor, or null for the one that brings small pictures to 224 pixels.</param>
    public LabelledGrid(RenderPlan plan, ChosenNetwork chosen, int? scale)
    {
        _plan = plan;
        _chosen = chosen;
        int side = Math.Min(plan.Width, plan.Height);
        Scale = scale ?? Math.Max(1, (ComfortableSide + side - 1) / side);
        _isScaleGiven = scale is not null;
    }

    /// <summary>How many times each picture is enlarged.</summary>
    public int Scale { get; }

    /// <summary>For GIFs, which take a byte or so for each pixel of each frame: where no scale is asked for and pictures are small, enlarged twice at most, and of the frames every so manieth, so that three small pictures make less than 2 MB.</summary>
    /// <param name="frames">How many there are.</param>
    /// <returns>The grid, and how many frames stand for one.</returns>
    public (LabelledGrid Grid, int Every) ForGif(int frames)
    {
        if (_isScaleGiven || Scale == 1)
        {
            return (this, 1);
        }

        LabelledGrid grid = new(_plan, _chosen, Math.Min(Scale, LargestGifScale));
        (long width, long height) = SizeOf(_plan, grid.Scale);
        long fitting = Math.Max(FewestGifFrames, GifPixels / (width * height));
        return (grid, (int)((frames + fitting - 1) / fitting));
    }

    /// <summary>Stitches displays of the given pictures; keras-vis's margin of 5 and 5 columns.</summary>
    /// <exception cref="ArgumentException">The sheet would be too large for a picture.</exception>
    public Picture Stitch(IReadOnlyList<RenderedImage> images, IReadOnlyList<byte[]> displays) => Stitch([.. images.Select(i => i.Index)], displays);

    /// <summary>The same of pictures that are told by their place in the plan.</summary>
    /// <inheritdoc cref="Stitch(IReadOnlyList{RenderedImage}, IReadOnlyList{byte[]})"/>
    public Picture Stitch(IReadOnlyList<int> places, IReadOnlyList<byte[]> displays) =>
        Grid.Stitch([.. places.Select((place, i) => Cell(place, displays[i]))]);

    /// <summary>The sheet without labels, and how opaque each of its pixels is: what mattered little is transparent, and so are the margins.</summary>
    /// <exception cref="ArgumentException">The sheet would be too large for a picture.</exception>
    public (Picture Sheet, byte[] Opacity) Transparent(IReadOnlyList<RenderedImage> images)
    {
        Picture sheet = Grid.Stitch([.. images.Select(i => Enlarged(i.Display))]);
        Picture opacity = Grid.Stitch([.. images.Select(i => Enlarged([.. Transparency.Of(i.Importance).SelectMany(o => (byte[])[o, o, o])]))]);
        return (sheet, [.. Enumerable.Range(0, sheet.Width * sheet.Height).Select(p => opacity.Rgb[p * 3])]);
    }

    /// <summary>The sheet's size in pixels: 5 columns, margins of 5 pixels.</summary>
    public static (long Width, long Height) SizeOf(RenderPlan plan, int scale)
    {
        const int columns = 5;
        const int margin = 5;
        long across = Math.Min(plan.Count, columns);
        long down = (plan.Count + columns - 1) / columns;
        return ((across * plan.Width * scale) + ((across - 1) * margin), (down * plan.Height * scale) + ((down - 1) * margin));
    }

    /// <summary>Refuses early what <see cref="Stitch(IReadOnlyList{RenderedImage}, IReadOnlyList{byte[]})"/> would refuse after the run.</summary>
    /// <exception cref="ArgumentException">The sheet would be too large for a picture.</exception>
    public static void CheckSize(RenderPlan plan, int scale)
    {
        (long width, long height) = SizeOf(plan, scale);
        if (width > Picture.MaxSide || height > Picture.MaxSide || width * height > Picture.MaxPixels)
        {
            throw Hosting.CommandException.Usage($"{plan.Count} pictures of {plan.Width} x {plan.Height}, enlarged {scale} times, make a sheet of {width} x {height} pixels; at most {Picture.MaxSide} on a side and {Picture.MaxPixels >> 20} Mi pixels fit. Draw fewer at once, or take a smaller --scale.");
        }
    }

    private Picture Cell(int place, byte[] display) => Label.Draw(Enlarged(display), _plan.Objective.Label(place, _chosen.Network, _chosen.NameOf));

    private Picture Enlarged(byte[] display) => Enlarge.Smooth(new Picture(_plan.Width, _plan.Height, display), Scale);
}
