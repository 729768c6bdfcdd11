namespace VggCuda.Kernels.Operations;

/// <summary>The end of a step without a picture: sums of the losses, their row in the log and the count of steps in one launch, since a launch of its own would cost more than each of them does.</summary>
internal sealed class Tally(KernelLibrary library)
{
    private readonly Kernel _tally = library.Kernel("Tally", "tally_f32");

    /// <summary>Queues it.</summary>
    /// <param name="end">Without a picture to keep or to copy.</param>
    public void Launch(StepEnd end) => _tally.Launch(1, end.Argument());
}
