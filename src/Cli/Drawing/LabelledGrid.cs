using VggCuda.Cli.Networks;
using VggCuda.Engine.Plans;
using VggCuda.Engine.Rendering;
using VggCuda.Imaging;

namespace VggCuda.Cli.Drawing;

/// <summary>Pictures enlarged, labelled and stitched.</summary>
internal sealed class LabelledGrid
{
    private const int ComfortableSide = 224;
    private readonly RenderPlan _plan;
    private readonly ChosenNetwork _chosen;

    /// <param name="plan">What was drawn.</param>
    /// <param name="chosen">For the names of classes.</param>
    /// <param name="scale">Whole factor, or null for the one that brings small pictures to 224 pixels.</param>
    public LabelledGrid(RenderPlan plan, ChosenNetwork chosen, int? scale)
    {
        _plan = plan;
        _chosen = chosen;
        int side = Math.Min(plan.Width, plan.Height);
        Scale = scale ?? Math.Max(1, (ComfortableSide + side - 1) / side);
    }

    /// <summary>How many times each picture is enlarged.</summary>
    public int Scale { get; }

    /// <summary>Stitches displays of the given pictures; keras-vis's margin of 5 and 5 columns.</summary>
    /// <exception cref="ArgumentException">The sheet would be too large for a picture.</exception>
    public Picture Stitch(IReadOnlyList<RenderedImage> images, IReadOnlyList<byte[]> displays) =>
        Grid.Stitch([.. images.Select((image, i) => Cell(image, displays[i]))]);

    /// <summary>The sheet's size in pixels: 5 columns, margins of 5 pixels.</summary>
    public static (long Width, long Height) SizeOf(RenderPlan plan, int scale)
    {
        const int columns = 5;
        const int margin = 5;
        long across = Math.Min(plan.Count, columns);
        long down = (plan.Count + columns - 1) / columns;
        return ((across * plan.Width * scale) + ((across - 1) * margin), (down * plan.Height * scale) + ((down - 1) * margin));
    }

    /// <summary>Refuses early what <see cref="Stitch"/> would refuse after the run.</summary>
    /// <exception cref="ArgumentException">The sheet would be too large for a picture.</exception>
    public static void CheckSize(RenderPlan plan, int scale)
    {
        (long width, long height) = SizeOf(plan, scale);
        if (width > Picture.MaxSide || height > Picture.MaxSide || width * height > Picture.MaxPixels)
        {
            throw Hosting.CommandException.Usage($"{plan.Count} pictures of {plan.Width} x {plan.Height}, enlarged {scale} times, make a sheet of {width} x {height} pixels; at most {Picture.MaxSide} on a side and {Picture.MaxPixels >> 20} Mi pixels fit. Draw fewer at once, or take a smaller --scale.");
        }
    }

    private Picture Cell(RenderedImage image, byte[] display) =>
        Label.Draw(Enlarge.Smooth(new Picture(_plan.Width, _plan.Height, display), Scale), _plan.Objective.Label(image.Index, _chosen.Network, _chosen.NameOf));
}
