using VggCuda.Engine.Backends;
using VggCuda.Engine.Images;
using VggCuda.Engine.Stages;

namespace VggCuda.Engine.Plans;

/// <summary>Draw small first and then larger and larger: coarse shapes before fine ones.</summary>
/// <param name="Count">Sizes, the picture's own last; 2 to 16.</param>
/// <param name="Ratio">From one size to the next, above 1, at most 4; google/deepdream: 1.4.</param>
/// <remarks>Every size takes the plan's iterations. From one to the next the picture is resized; where the plan starts from a picture, what has been added to it is, so that its own details come back. Mordvintsev, Olah and Tyka, "Inceptionism" (2015).</remarks>
public sealed record Octaves(int Count, double Ratio = 1.4)
{
    /// <summary>A side at one of the sizes.</summary>
    /// <param name="side">The picture's own.</param>
    /// <param name="octave">From 0, the smallest.</param>
    public int SideAt(int side, int octave) => Math.Max(1, (int)Math.Round(side / Math.Pow(Ratio, Count - 1 - octave)));

    /// <summary>The run of one picture at one of the sizes.</summary>
    /// <param name="plan">A plan of one picture, at its own size.</param>
    /// <param name="octave">From 0, the smallest.</param>
    /// <param name="smaller">What came of the size before, (H, W, 3); null for the smallest.</param>
    public RenderPlan At(RenderPlan plan, int octave, float[]? smaller)
    {
        ArgumentNullException.ThrowIfNull(plan);
        TensorShape full = plan.PictureShape;
        TensorShape size = SizeAt(full, octave);
        Resize resize = new(size.H, size.W);
        double[]? start = plan.Start is PictureStart given ? Array.ConvertAll(given.Values.ToArray(), v => (double)v) : null;
        double[]? picture = start is null ? null : resize.Apply(start, full);
        if (smaller is not null)
        {
            TensorShape before = SizeAt(full, octave - 1);
            double[] drawn = Array.ConvertAll(smaller, v => (double)v);
            if (start is not null)
            {
                double[] own = new Resize(before.H, before.W).Apply(start, full);
                double[] added = resize.Apply([.. drawn.Zip(own, (d, s) => d - s)], before);
                picture = [.. picture!.Zip(added, (p, a) => p + a)];
            }
            else
            {
                picture = resize.Apply(drawn, before);
            }
        }

        return plan with
        {
            Octaves = null,
            Height = size.H,
            Width = size.W,
            Guide = plan.Guide is { } guide ? guide with { Values = Array.ConvertAll(resize.Apply(Array.ConvertAll(guide.Values.ToArray(), v => (double)v), full), v => (float)v) } : null,
            Start = picture is null ? plan.Start : PictureStart.FromValues($"octave {octave + 1}", Array.ConvertAll(picture, v => (float)v)),
        };
    }

    /// <summary>Checks the settings.</summary>
    /// <exception cref="PlanException">A value is out of its range, or the smallest size too small for the network.</exception>
    public void Validate(int height, int width, int smallest)
    {
        if (Count is < 2 or > 16 || !(Ratio > 1 && Ratio <= 4))
        {
            throw new PlanException($"{Count} octaves with the ratio {Ratio}: 2 to 16 are possible, with a ratio above 1 and at most 4.");
        }

        if (Math.Min(SideAt(height, 0), SideAt(width, 0)) < smallest)
        {
            throw new PlanException($"The smallest of {Count} octaves is {SideAt(height, 0)} x {SideAt(width, 0)}; the network needs at least {smallest} x {smallest}. Take fewer octaves or a larger picture.");
        }
    }

    private TensorShape SizeAt(TensorShape full, int octave) => full with { H = SideAt(full.H, octave), W = SideAt(full.W, octave) };
}
