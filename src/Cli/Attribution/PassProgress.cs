using System.Diagnostics;
using VggCuda.Cli.Hosting;
using VggCuda.Engine.Attribution;

namespace VggCuda.Cli.Attribution;

/// <summary>Tells on stderr how far a method is: a line that is written over on a terminal, plain lines now and then elsewhere. The first comes after two seconds.</summary>
internal sealed class PassProgress(Invocation invocation) : IProgress<AttributionProgress>, IDisposable
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan _next = First;
    private int _written;

    /// <summary>What is under way.</summary>
    public string Title { get; set; } = "";

    public void Report(AttributionProgress value)
    {
        if (invocation.Quiet || _watch.Elapsed < _next)
        {
            return;
        }

        bool live = invocation.Terminal.ErrorIsTerminal && invocation.Terminal.Variable("TERM") != "dumb";
        _next = _watch.Elapsed + (live ? TimeSpan.FromSeconds(0.2) : Between);
        string line = $"{Title}: {value.Done} of {value.Total} images through the network";
        if (live)
        {
            invocation.Terminal.Error.Write("\r" + line.PadRight(_written));
            invocation.Terminal.Error.Flush();
            _written = line.Length;
        }
        else
        {
            invocation.Terminal.Error.WriteLine(line);
        }
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        if (_written > 0)
        {
            invocation.Terminal.Error.Write("\r" + new string(' ', _written) + "\r");
            _written = 0;
        }
    }
}
