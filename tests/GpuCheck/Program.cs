using VggCuda.Engine.Backends;
using VggCuda.GpuCheck;

// gpucheck run --out FOLDER: every check in a process of its own, within a time. gpucheck VERB: one check, its findings on
// standard output. gpucheck report --out FOLDER: the page of a run once more.
Dictionary<string, Action<Settings, CheckResult>> checks = new()
{
    ["versions"] = VersionsCheck.Run,
    ["operations"] = OperationsCheck.Run,
    ["dense-int8"] = DenseInt8Check.Run,
    ["plan"] = PlanCheck.Run,
    ["job"] = JobCheck.Run,
    ["network"] = NetworkCheck.Run,
    ["kernels"] = KernelsCheck.Run,
    ["layers"] = LayersCheck.Run,
    ["cold"] = ColdStartCheck.Run,
    ["cases"] = NetworkCasesCheck.Run,
    ["replay"] = ReplayCheck.Run,
    ["soak"] = SoakCheck.Run,
    ["dlpack"] = DlPackCheck.Run,
    ["reopen"] = ReopenCheck.Run,
    ["open"] = ReopenCheck.Open,
    ["try-hang"] = static (_, result) =>
    {
        result.Note($"process {Environment.ProcessId}");
        Thread.Sleep(Timeout.Infinite);
    },
    ["try-crash"] = static (_, result) =>
    {
        result.Note("begun");
        Environment.FailFast("as it was asked to");
    },
    ["try-failure"] = static (_, result) =>
    {
        result.Columns("number");
        result.Row(1);
        throw new InvalidOperationException("as it was asked to");
    },
    ["try-slow"] = static (_, result) =>
    {
        result.Columns("number");
        for (int i = 0; i < 20; i++)
        {
            result.Row(i);
            Thread.Sleep(50);
        }
    },
};

Settings? settings = Settings.Parse(args);
if (settings?.Verb is "run" or "report" && settings.Out is not null)
{
    return settings.Verb == "run" ? new Runner(settings).Run() : Report.Write(settings.Out) ? 0 : 1;
}

if (settings is null || !checks.TryGetValue(settings.Verb, out Action<Settings, CheckResult>? check))
{
    Console.Error.WriteLine($"""
        usage: gpucheck run --out FOLDER [--budget SECONDS] [--only NAME,NAME] [--continue FOLDER] [--scratch FOLDER] [--small] [--device N]
               gpucheck report --out FOLDER
               gpucheck {string.Join('|', checks.Keys)} [--scratch FOLDER] [--small] [--device N] [--precision P] [--job J] [--no-autotune] [--int8]
        Checks of a run, in order: {string.Join(", ", Check.All.Select(c => c.Name))}.
        """);
    return 2;
}

ParentProcess.EndWithIt();
CheckResult result = new();
try
{
    check(settings, result);
}
catch (Exception e) when (e is DeviceException or InvalidOperationException or ArgumentException or IOException or VggCuda.Engine.Rendering.NumbersFailedException)
{
    result.Fail($"{e.GetType().Name}: {e.Message}");
}

return result.Passed ? 0 : 1;
