using System.Globalization;

namespace VggCuda.Kernels;

/// <summary>How the weights of dense layers lie on the device.</summary>
public enum DenseWeights
{
    /// <summary>In the precision's own type.</summary>
    Full,

    /// <summary>In a byte each, with a float32 for each output: w = q m / 127, where m is the largest magnitude of the output's weights and q a whole number from -127 to 127. A half of half precision's bytes, a quarter of float32's.</summary>
    EightBit,
}

/// <summary>How a CUDA backend is to work; what it computes is the plan's business.</summary>
public sealed record CudaOptions
{
    /// <summary>How many of cuDNN's proposals are built and timed for each graph that can do a convolution, at most: 0 times nothing and takes the first that works. From <c>VGGCUDA_AUTOTUNE</c>, else 1.</summary>
    /// <remarks>Building one takes up to a second or two, once for each GPU, driver, cuDNN and size of the work. With 1 the two ways backwards race each other; with more also the engines of one graph, of which cuDNN names the best first.</remarks>
    public int Proposals { get; init; } =
        int.TryParse(Environment.GetEnvironmentVariable("VGGCUDA_AUTOTUNE"), NumberStyles.None, CultureInfo.InvariantCulture, out int proposals) ? Math.Min(proposals, 32) : 1;

    /// <summary>How the weights of dense layers lie on the device. They are most of what a step on one picture reads; docs/cuda-engine.md says what rounding them changes.</summary>
    public DenseWeights DenseWeights { get; init; } = DenseWeights.Full;
}
