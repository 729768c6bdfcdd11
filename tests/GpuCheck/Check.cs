namespace VggCuda.GpuCheck;

/// <summary>What a check is run by.</summary>
internal enum CheckKind
{
    /// <summary>This program, in a process of its own.</summary>
    Own,

    /// <summary>A Python script beside this program.</summary>
    Python,

    /// <summary>This program under compute-sanitizer.</summary>
    Sanitizer,
}

/// <summary>One check of a run.</summary>
/// <param name="Name">By which it is asked for and reported.</param>
/// <param name="LimitSeconds">After that long it is ended.</param>
/// <param name="Kind">What runs it.</param>
/// <param name="Arguments">The verb, or script or tool, and its options.</param>
internal sealed record Check(string Name, int LimitSeconds, CheckKind Kind, params string[] Arguments)
{
    /// <summary>Every check, the most telling first: a run ends where its time does.</summary>
    public static readonly Check[] All =
    [
        new("versions", 60, CheckKind.Own, "versions"),
        new("operations", 90, CheckKind.Own, "operations"),
        new("plan", 90, CheckKind.Own, "plan"),
        new("first-bf16", 70, CheckKind.Own, "job", "--precision", "bf16", "--no-autotune"),
        new("first-fp16", 70, CheckKind.Own, "job", "--precision", "fp16", "--no-autotune"),
        new("tuned-bf16", 100, CheckKind.Own, "job", "--precision", "bf16"),
        new("tuned-fp16", 100, CheckKind.Own, "job", "--precision", "fp16"),
        new("network", 150, CheckKind.Own, "network", "--no-autotune"),
        new("kernels", 90, CheckKind.Own, "kernels"),
        new("racecheck-operations", 120, CheckKind.Sanitizer, "racecheck", "operations"),
        new("racecheck-kernels", 120, CheckKind.Sanitizer, "racecheck", "kernels"),
        new("layers-fp16", 120, CheckKind.Own, "layers", "--precision", "fp16"),
        new("layers-bf16", 120, CheckKind.Own, "layers", "--precision", "bf16"),
        new("pytorch-eager", 90, CheckKind.Python, "pytorch_vgg16_cuda.py", "--modes", "eager", "--jobs", "class1"),
        new("pytorch-compiled", 180, CheckKind.Python, "pytorch_vgg16_cuda.py", "--modes", "compile", "--jobs", "class1"),
        new("cold", 150, CheckKind.Own, "cold"),
        new("cases", 120, CheckKind.Own, "cases", "--no-autotune"),
        new("replay", 90, CheckKind.Own, "replay", "--no-autotune"),
        new("soak", 90, CheckKind.Own, "soak", "--no-autotune"),
        new("batch-3", 100, CheckKind.Own, "job", "--precision", "fp16", "--job", "class3"),
        new("batch-16", 100, CheckKind.Own, "job", "--precision", "fp16", "--job", "class16"),
        new("filter", 60, CheckKind.Own, "job", "--precision", "fp16", "--job", "filter"),
        new("filters", 120, CheckKind.Own, "job", "--precision", "fp16", "--job", "filters"),
        new("pytorch-batches", 240, CheckKind.Python, "pytorch_vgg16_cuda.py", "--modes", "eager", "--jobs", "class3,class16,filter,filters"),
        new("pytorch-batches-compiled", 300, CheckKind.Python, "pytorch_vgg16_cuda.py", "--modes", "compile", "--jobs", "class3,class16,filter"),
        new("int8-fp16", 100, CheckKind.Own, "job", "--precision", "fp16", "--int8"),
        new("int8-operations", 60, CheckKind.Own, "dense-int8"),
        new("tuned-fp32", 100, CheckKind.Own, "job", "--precision", "fp32"),
        new("tuned-tf32", 100, CheckKind.Own, "job", "--precision", "tf32"),
        new("layers-tf32", 120, CheckKind.Own, "layers", "--precision", "tf32"),
        new("layers-fp32", 120, CheckKind.Own, "layers", "--precision", "fp32"),
        new("memcheck-operations", 120, CheckKind.Sanitizer, "memcheck", "operations"),
        new("dlpack", 90, CheckKind.Own, "dlpack"),
        new("reopen", 60, CheckKind.Own, "reopen"),
    ];

    /// <summary>Checks of the runner itself, run by name alone: one that never ends, one that dies, one that fails halfway.</summary>
    public static readonly Check[] OfTheRunner =
    [
        new("try-hang", 2, CheckKind.Own, "try-hang"),
        new("try-crash", 30, CheckKind.Own, "try-crash"),
        new("try-failure", 30, CheckKind.Own, "try-failure"),
        new("try-slow", 30, CheckKind.Own, "try-slow"),
    ];
}
