using System.Diagnostics;

namespace VggCuda.Native.Tests;

/// <summary>Programs that the tests run: compilers, what they made, the command line.</summary>
internal static class Tools
{
    // A machine that builds other things at the same time takes its time, three libraries above all.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(60);

    /// <summary>Where a program lies on the path, or null.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>Skips a test where a program is missing.</summary>
    public static void Need(params string[] names)
    {
        foreach (string name in names)
        {
            Assert.SkipUnless(Find(name) is not null, $"There is no {name} on this machine.");
        }
    }

    /// <summary>Runs a program to its end.</summary>
    public static Outcome Run(string folder, string program, string[] arguments, params (string Name, string Value)[] variables)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', arguments)} did not end in {Patience}.\n{output.Result}{error.Result}");
        }

        return new Outcome($"{program} {string.Join(' ', arguments)}", process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Runs a program that must succeed.</summary>
    public static Outcome Succeed(string folder, string program, string[] arguments, params (string Name, string Value)[] variables) =>
        Run(folder, program, arguments, variables).Succeeded();
}

/// <summary>What a program did.</summary>
internal sealed record Outcome(string Command, int Code, string Output, string Error)
{
    public Outcome Succeeded()
    {
        Assert.True(Code == 0, $"{Command}\ngave {Code}\n{Output}\n{Error}");
        return this;
    }
}
