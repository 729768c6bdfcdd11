using System.Collections.Immutable;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Rendering;
using VggCuda.Engine.Verdicts;

namespace VggCuda.Cli.Verdicts;

/// <summary>Verdicts on what has been drawn, which nothing that goes wrong now may cost.</summary>
internal static class Judging
{
    /// <summary>Judges a run's pictures; none where it was cancelled, or could not be done, which is remarked.</summary>
    /// <param name="invocation">Is told.</param>
    /// <param name="jury">Judges.</param>
    /// <param name="result">What was drawn.</param>
    /// <param name="wantsTrust">Whether class pictures are compared with real ones, layer by layer.</param>
    /// <param name="cancellation">Ends it early.</param>
    public static ImmutableArray<PictureVerdict> Of(Invocation invocation, Jury jury, RenderResult result, bool wantsTrust, CancellationToken cancellation)
    {
        try
        {
            return jury.Judge(result.Plan, result.Images, wantsTrust, cancellation);
        }
        catch (OperationCanceledException)
        {
            return [];
        }
        catch (Exception error) when (error is DeviceException or OutOfMemoryException or WeightsException or PlanException)
        {
            invocation.Note($"No verdicts: {error.Message}");
            return [];
        }
    }
}
