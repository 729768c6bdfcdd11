namespace VggCuda.Bench;

/// <summary>A bench that can be called by name.</summary>
/// <param name="Name">The first argument.</param>
/// <param name="Question">What its figures answer, in one line.</param>
/// <param name="Run">Runs it on the remaining arguments and returns the exit code.</param>
internal sealed record Bench(string Name, string Question, Func<string[], int> Run);
