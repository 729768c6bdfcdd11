using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;

namespace VggCuda.Tests.Shared.Contract;

/// <summary>The backend that all tests of one contract class share; opened by the first that needs it.</summary>
public sealed class SharedBackend : IDisposable
{
    private IBackend? _backend;

    public IBackend Get(Func<IBackend> open) => _backend ??= open();

    public void Dispose() => _backend?.Dispose();
}

/// <summary>What every backend must do: the same as the reference backend, and what the seam's documentation promises besides.</summary>
/// <remarks>
/// A subclass passes its <see cref="SharedBackend"/> on and says how to open the backend; <see cref="Open"/> may call
/// <c>Assert.Skip</c> where the device is missing. Tests of one class run one after the other.
/// </remarks>
public abstract partial class BackendContract(SharedBackend shared) : IClassFixture<SharedBackend>, IDisposable
{
    /// <summary>Opens a backend of its own; the caller disposes of it.</summary>
    protected abstract IBackend Open();

    /// <summary>The arithmetic to ask programs for.</summary>
    protected virtual Precision Precision => Precision.Fp32;

    /// <summary>Largest error of an image operation, relative to the largest magnitude of its result.</summary>
    protected virtual double OperationTolerance => 2e-6;

    /// <summary>Largest error of a tap, relative to its largest magnitude.</summary>
    protected virtual double TapTolerance => 1e-5;

    /// <summary>Error of a gradient as a fraction of its Euclidean norm. Wider than the tap's: where a value lies within rounding of 0, or of its neighbour in a pooling window, float32 may decide otherwise.</summary>
    protected virtual double GradientTolerance => 1e-3;

    /// <summary>Largest relative error of the losses in the first steps of a run.</summary>
    protected virtual double LossTolerance => 1e-3;

    /// <summary>Whether a convolution of small whole numbers has no rounding error, as where it is computed directly: only then does a flat image stay exactly flat.</summary>
    protected virtual bool ConvolutionsAreExact => true;

    /// <summary>A measure of what the backend holds, in any unit: after everything has been disposed of it must be what it was before.</summary>
    protected abstract long Held(IBackend backend);

    protected IBackend Backend => shared.Get(Open);

    protected IBackend Reference { get; } = new ReferenceBackend();

    public void Dispose()
    {
        Reference.Dispose();
        GC.SuppressFinalize(this);
    }

    private static void Close(double[] expected, double[] actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = expected.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        for (int i = 0; i < expected.Length; i++)
        {
            if (!expected[i].Equals(actual[i]) && !(Math.Abs(expected[i] - actual[i]) <= tolerance * scale))
            {
                Assert.Fail($"{what}: element {i} of {expected.Length} is {actual[i]:R}, expected {expected[i]:R}; the largest is {scale:R}, the tolerance {tolerance:R} of it.");
            }
        }
    }

    private static void CloseInNorm(double[] expected, double[] actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double norm = Math.Sqrt(expected.Sum(e => e * e));
        double error = Math.Sqrt(expected.Zip(actual, (e, a) => (e - a) * (e - a)).Sum());
        Assert.True(error <= tolerance * norm, $"{what}: the error's norm is {error:R}, the result's {norm:R}; the tolerance is {tolerance:R} of it.");
    }

    private static void SameBits(double[] expected, double[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (BitConverter.DoubleToInt64Bits(expected[i]) != BitConverter.DoubleToInt64Bits(actual[i]))
            {
                Assert.Fail($"{what}: element {i} of {expected.Length} is {actual[i]:R} here and {expected[i]:R} there.");
            }
        }
    }
}
