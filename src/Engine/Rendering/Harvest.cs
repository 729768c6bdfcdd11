using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;
using VggCuda.Engine.Plans;

namespace VggCuda.Engine.Rendering;

/// <summary>Reads a finished batch back: the best pictures, their losses, and what the network makes of them.</summary>
internal static class Harvest
{
    /// <exception cref="NumbersFailedException">No step of a picture had a finite loss.</exception>
    public static IReadOnlyList<RenderedImage> Of(IBackend backend, Network network, RenderPlan plan, StepRecorder step, int steps, int firstImage)
    {
        double[] bestStep = new double[plan.Count];
        backend.Download(step.BestStep, bestStep);
        int columns = step.Log.Columns;
        double[] log = new double[steps * plan.Count * columns];
        step.Log.Read(0, log);
        double[] bestTotal = [.. bestStep.Select((best, image) => best < 0 ? double.NaN : log[(((((int)best * plan.Count) + image) + 1) * columns) - 1])];
        for (int image = 0; image < plan.Count; image++)
        {
            if (bestStep[image] < 0 || !double.IsFinite(bestTotal[image]))
            {
                throw new NumbersFailedException(
                    $"Picture {firstImage + image + 1} ({plan.Objective.Describe(image)}): not one of {steps} steps had a finite loss. "
                    + "Try smaller weights, float32 arithmetic, or check the weights file.");
            }
        }

        ITensor best = step.BestPicture();
        double[] pixels = new double[best.Shape.Count];
        backend.Download(best, pixels);
        PictureScore[] scores = Scoring.Score(backend, network, plan, step.Program, best, pixels);
        double[] importance = step.Importance is { } sum ? Downloaded(backend, sum) : [];
        double[][][] losses = Losses(step.Log, steps, plan.Count);
        int perImage = (int)best.Shape.CountPerImage;
        List<RenderedImage> images = [];
        for (int image = 0; image < plan.Count; image++)
        {
            ReadOnlySpan<double> own = pixels.AsSpan(image * perImage, perImage);
            float[] values = new float[perImage];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (float)own[i];
            }

            images.Add(new RenderedImage
            {
                Index = firstImage + image,
                Seed = plan.Seeds[image],
                Pixels = values,
                Display = plan.Display.Show(own),
                Steps = steps,
                BestStep = (int)bestStep[image],
                BestTotal = bestTotal[image],
                Losses = losses[image],
                Score = scores[image],
                Importance = [.. importance.Skip(image * perImage).Take(perImage).Chunk(3).Select(p => (float)p.Average())],
            });
        }

        return images;
    }

    private static double[] Downloaded(IBackend backend, ITensor tensor)
    {
        double[] values = new double[tensor.Shape.Count];
        backend.Download(tensor, values);
        return values;
    }

    // By image, step and column; the log has them by step.
    private static double[][][] Losses(ILossLog log, int steps, int count)
    {
        double[][][] losses = [.. Enumerable.Range(0, count).Select(_ => new double[steps][])];
        double[] row = new double[count * log.Columns];
        for (int step = 0; step < steps; step++)
        {
            log.Read(step, row);
            for (int image = 0; image < count; image++)
            {
                losses[image][step] = row.AsSpan(image * log.Columns, log.Columns).ToArray();
            }
        }

        return losses;
    }
}
