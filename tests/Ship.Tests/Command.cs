using System.Diagnostics;

namespace VggCuda.Ship.Tests;

/// <summary>A program run to its end, with all that it wrote.</summary>
internal sealed record Command(int Code, string Output, string Error)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <summary>Runs a program.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="variables">Environment variables beside the inherited ones.</param>
    /// <param name="line">The program and its arguments.</param>
    public static Command Run(string folder, (string Name, string Value)[] variables, params string[] line)
    {
        ProcessStartInfo start = new(line[0], line[1..]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };

        // A build that runs below a test run must not report to it, nor hand its own server's settings on.
        foreach (string inherited in start.Environment.Keys.Where(k => k.StartsWith("DOTNET_CLI_TEST", StringComparison.Ordinal) || k.StartsWith("TESTINGPLATFORM", StringComparison.Ordinal) || k.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(inherited);
        }

        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["NO_COLOR"] = "1";
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Longest))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{string.Join(' ', line)} did not end in {Longest}.");
        }

        return new Command(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Runs a program that must succeed.</summary>
    public static string Output0(string folder, (string Name, string Value)[] variables, params string[] line)
    {
        Command done = Run(folder, variables, line);
        Assert.True(done.Code == 0, $"{string.Join(' ', line)} ended with {done.Code}:\n{done.Output}{done.Error}");
        return done.Output;
    }

    /// <summary>Whether a program of that name is on the path.</summary>
    public static bool IsThere(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}
