using System.Diagnostics;

namespace VggCuda.GpuCheck;

/// <summary>Whoever started a check.</summary>
internal static class ParentProcess
{
    /// <summary>Set where the parent keeps the other end of standard input as long as it lives.</summary>
    public const string Variable = "GPUCHECK_PARENT";

    /// <summary>Ends this process when the parent ends, whatever it is doing: a killed run must not leave a check behind that holds the GPU.</summary>
    public static void EndWithIt()
    {
        if (Environment.GetEnvironmentVariable(Variable) != "1")
        {
            return;
        }

        Thread watch = new(static () =>
        {
            using Stream input = Console.OpenStandardInput();
            while (input.ReadByte() >= 0)
            {
            }

            using Process own = Process.GetCurrentProcess();
            own.Kill();
        })
        { IsBackground = true };
        watch.Start();
    }
}
