using System.Collections.Immutable;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Images;
using VggCuda.Engine.Randomness;
using VggCuda.Engine.Stages;

namespace VggCuda.Engine.Plans;

/// <summary>All random numbers of a run, drawn before it starts.</summary>
/// <remarks>
/// Every picture has a stream of its own, started from its own seed; it yields the start image and then, step by step
/// and view by view, the numbers of each transform in order. So a picture does not depend on its neighbours in the batch, nor on the
/// backend, and a longer run begins like a shorter one.
/// </remarks>
public sealed class Schedule
{
    private Schedule(double[] start, ImmutableArray<double[]> tables)
    {
        Start = start;
        Tables = tables;
    }

    /// <summary>Starts of the parameters, in C order: (N, H, W, 3) where they are the pixels.</summary>
    public double[] Start { get; }

    /// <summary>For each view and, within it, each transform a table (steps, N, 1, numbers per step).</summary>
    public ImmutableArray<double[]> Tables { get; }

    /// <summary>Draws the numbers of a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cancellation">Ends the drawing: a long plan of many pictures takes seconds.</param>
    /// <exception cref="DeviceMemoryException">A table would have more values than one array holds; a smaller batch has smaller ones.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static Schedule Draw(RenderPlan plan, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        TensorShape parameters = plan.ParametersShape;
        int perImage = checked((int)parameters.CountPerImage);
        double[] start = new double[parameters.Count];
        ImmutableArray<double[]> tables = [.. Enumerable.Repeat(plan.Transforms, plan.Views).SelectMany(t => t).Select(t => Table((long)plan.Iterations * plan.Count * t.NumbersPerStep))];
        double[]? fromPicture = null;
        for (int image = 0; image < plan.Count; image++)
        {
            NumPyRandom random = new(plan.Seeds[image]);
            Span<double> own = start.AsSpan(image * perImage, perImage);
            if (plan.Start is PictureStart && plan.Parameters.Length > 0)
            {
                (fromPicture ??= FromPicture(plan, random)).CopyTo(own);
            }
            else
            {
                plan.Start.Draw(random, parameters.H, parameters.W, own);
            }

            for (int step = 0; step < plan.Iterations; step++)
            {
                if ((step & 0xFFF) == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                }

                TensorShape shape = plan.PictureShape;
                for (int t = 0; t < tables.Length; t++)
                {
                    Stage transform = plan.Transforms[t % plan.Transforms.Length];
                    shape = t % plan.Transforms.Length == 0 ? plan.PictureShape : shape;
                    int row = ((step * plan.Count) + image) * transform.NumbersPerStep;
                    transform.Draw(random, shape, tables[t].AsSpan(row, transform.NumbersPerStep));
                    shape = transform.OutputShape(shape);
                }
            }
        }

        return new Schedule(start, tables);

        double[] Table(long count) => count <= Array.MaxLength
            ? new double[count]
            : throw new DeviceMemoryException($"The random numbers of {plan.Count} pictures and {plan.Iterations} steps are more than one array holds; draw fewer pictures at once.", count * sizeof(double), null);
    }

    // The parameters that make a picture: backwards through what makes pictures of parameters. A picture draws no numbers.
    private static double[] FromPicture(RenderPlan plan, NumPyRandom random)
    {
        TensorShape shape = plan.PictureShape with { N = 1 };
        double[] values = new double[shape.Count];
        plan.Start.Draw(random, shape.H, shape.W, values);
        foreach (Stage stage in plan.Parameters.Reverse())
        {
            values = stage.Inverse(values, shape);
            shape = stage.InputShape(shape);
        }

        return values;
    }
}
