using System.Globalization;

namespace VggCuda.Kernels;

/// <summary>How a CUDA backend is to work; what it computes is the plan's business.</summary>
public sealed record CudaOptions
{
    /// <summary>How many of cuDNN's proposals are built and timed for each graph that can do a convolution, at most: 0 times nothing and takes the first that works. From <c>VGGCUDA_AUTOTUNE</c>, else 1.</summary>
    /// <remarks>Building one takes up to a second or two, once for each GPU, driver, cuDNN and size of the work. With 1 the two ways backwards race each other; with more also the engines of one graph, of which cuDNN names the best first.</remarks>
    public int Proposals { get; init; } =
        int.TryParse(Environment.GetEnvironmentVariable("VGGCUDA_AUTOTUNE"), NumberStyles.None, CultureInfo.InvariantCulture, out int proposals) ? Math.Min(proposals, 32) : 1;
}
