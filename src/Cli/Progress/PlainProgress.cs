using System.Diagnostics;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Rendering;

namespace VggCuda.Cli.Progress;

/// <summary>Plain lines now and then, for logs and pipes: the first after a second, then one in five, and one at the end.</summary>
internal sealed class PlainProgress(TextWriter error) : IProgressDisplay
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    public T Show<T>(string title, int iterations, Func<IProgress<RenderProgress>?, T> body)
    {
        Reporter reporter = new(error, title, iterations);
        T result = body(reporter);
        reporter.End();
        return result;
    }

    private sealed class Reporter(TextWriter error, string title, int iterations) : IProgress<RenderProgress>
    {
        private readonly Stopwatch _watch = Stopwatch.StartNew();
        private TimeSpan _next = First;
        private RenderProgress? _last;
        private bool _isLastWritten;

        public void Report(RenderProgress value)
        {
            _last = value;
            _isLastWritten = false;
            if (_watch.Elapsed >= _next)
            {
                Write(value);
                _next = _watch.Elapsed + Between;
            }
        }

        public void End()
        {
            if (_last is not null && !_isLastWritten)
            {
                Write(_last);
            }
        }

        private void Write(RenderProgress value)
        {
            _isLastWritten = true;
            string left = value.StepsDone < value.StepsTotal ? $", {ProgressText.TimeLeft(value)}" : "";
            error.WriteLine(TerminalText.Line($"{title}: {ProgressText.Iteration(value, iterations)}, {ProgressText.Loss(value)}, {ProgressText.Rate(value)}{left}"));
        }
    }
}
