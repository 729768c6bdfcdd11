using VggCuda.Engine.Backends;
using VggCuda.GpuCheck;

// gpucheck VERB --out FOLDER [--small] [--device N]: one check, one JSON file in the folder; `report` makes one page of all.
Dictionary<string, Action<Settings, CheckResult>> checks = new()
{
    ["versions"] = VersionsCheck.Run,
    ["operations"] = OperationsCheck.Run,
    ["cases"] = NetworkCasesCheck.Run,
    ["layers"] = LayersCheck.Run,
    ["network"] = NetworkCheck.Run,
    ["replay"] = ReplayCheck.Run,
    ["soak"] = SoakCheck.Run,
    ["kernels"] = KernelsCheck.Run,
    ["job"] = JobCheck.Run,
    ["cold"] = ColdStartCheck.Run,
    ["goals"] = GoalsCheck.Run,
};

if (args.Length == 0 || Settings.Parse(args[1..]) is not Settings settings || (args[0] != "report" && !checks.ContainsKey(args[0])))
{
    Console.Error.WriteLine($"usage: gpucheck {string.Join('|', checks.Keys)}|report --out FOLDER [--small] [--device N]");
    return 2;
}

Directory.CreateDirectory(settings.Folder);
if (args[0] == "report")
{
    return Report.Write(settings.Folder);
}

CheckResult result = new(args[0]);
try
{
    checks[args[0]](settings, result);
}
catch (Exception e) when (e is DeviceException or InvalidOperationException or ArgumentException or IOException or VggCuda.Engine.Rendering.NumbersFailedException)
{
    result.Fail(e.Message);
}

result.Save(settings.Folder);
Console.WriteLine($"{args[0]}: {(result.Passed ? "passed" : "FAILED")} ({result.Seconds:F1} s)");
foreach (string note in result.Notes)
{
    Console.WriteLine("  " + note);
}

return result.Passed ? 0 : 1;
