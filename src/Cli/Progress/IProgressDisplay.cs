using VggCuda.Cli.Hosting;
using VggCuda.Engine.Rendering;

namespace VggCuda.Cli.Progress;

/// <summary>Shows on stderr how far a render is, while its body runs.</summary>
internal interface IProgressDisplay
{
    /// <summary>Runs a render and shows what it reports.</summary>
    /// <param name="title">What is drawn, such as "predictions 20".</param>
    /// <param name="iterations">Steps of the plan, before they are multiplied by batches.</param>
    /// <param name="body">Gets where to report, or null where nobody watches.</param>
    T Show<T>(string title, int iterations, Func<IProgress<RenderProgress>?, T> body);
}

/// <summary>Chooses a display.</summary>
internal static class ProgressDisplay
{
    public static IProgressDisplay For(Invocation invocation) =>
        invocation.Quiet ? new SilentProgress()
        : invocation.Terminal.ErrorIsTerminal && invocation.Terminal.Variable("TERM") != "dumb" ? new LiveProgress(invocation.Terminal)
        : new PlainProgress(invocation.Terminal.Error);
}

/// <summary>Shows nothing.</summary>
internal sealed class SilentProgress : IProgressDisplay
{
    public T Show<T>(string title, int iterations, Func<IProgress<RenderProgress>?, T> body) => body(null);
}
