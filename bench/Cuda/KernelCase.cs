namespace VggCuda.Bench.Cuda;

/// <summary>One kernel launch to time.</summary>
/// <param name="Name">The kernel and its number type.</param>
/// <param name="Size">What it is applied to.</param>
/// <param name="Bytes">Device memory traffic to expect, from its launcher.</param>
/// <param name="Launch">Queues it once; may be captured.</param>
internal sealed record KernelCase(string Name, string Size, long Bytes, Action Launch);

/// <summary>What a case took.</summary>
/// <param name="Name">The case's.</param>
/// <param name="Size">The case's.</param>
/// <param name="Bytes">The case's.</param>
/// <param name="Microseconds">Median over repetitions, per launch.</param>
/// <param name="GigabytesPerSecond">Expected traffic over that time.</param>
/// <param name="OfCeiling">The same as a fraction of the measured ceiling; above 1 where the caches serve.</param>
internal sealed record KernelFigure(string Name, string Size, long Bytes, double Microseconds, double GigabytesPerSecond, double OfCeiling);
