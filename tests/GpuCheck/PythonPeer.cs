using System.Diagnostics;

namespace VggCuda.GpuCheck;

/// <summary>A script of PyTorch beside this program, as a part of a check: its lines go where this process's go.</summary>
internal static class PythonPeer
{
    /// <summary>Runs it where there is a Python with PyTorch; a note otherwise.</summary>
    public static void Run(string script, string folder, CheckResult result)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("python3", [Path.Combine(AppContext.BaseDirectory, script), folder]))!;
            process.WaitForExit();
            result.Require(process.ExitCode is 0 or 4, $"{script}: exit code {process.ExitCode}");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            result.Note($"{script} was not run: {e.Message}");
        }
    }
}
