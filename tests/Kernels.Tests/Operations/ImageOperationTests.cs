using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Kernels.Tests.Fake;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Kernels.Tests.Operations;

/// <summary>Where the CUDA backend takes other ways than the contract's shapes lead it: sizes with kernels of their own, and what it promises beyond the seam.</summary>
public class ImageOperationTests
{
    public static TheoryData<int, int, int, int> FourfoldShapes => new()
    {
        // Lines of whole fours, where 128-bit loads are taken: RGB and others, a line of one load, several parts per image.
        { 2, 9, 8, 3 }, { 1, 2, 4, 3 }, { 3, 1, 4, 3 }, { 2, 5, 12, 3 }, { 2, 5, 3, 4 }, { 1, 6, 2, 8 }, { 2, 30, 24, 3 },
    };

    [Theory]
    [MemberData(nameof(FourfoldShapes))]
    public void Shapes_with_kernels_of_their_own_give_what_the_reference_gives(int images, int height, int width, int channels)
    {
        FakeCuda.Require();
        TensorShape shape = new(images, height, width, channels);
        using (CudaBackend backend = CudaBackend.Open())
        using (ReferenceBackend reference = new())
        {
            foreach (string name in (string[])["TotalVariation 2", "TotalVariation 1.5", "LpNorm 6", "LpNorm 2.5", "ChannelMean", "NormalizeRms", "RmsProp", "KeepBest", "Shift by SciPy's wrap", "Copy", "Fill", "Dot", "MeanSquare", "Product, columns"])
            {
                using Tensors mine = new(backend);
                using Tensors theirs = new(reference);
                double[][] actual = OperationCase.All[name].Run(mine, shape, 0);
                double[][] expected = OperationCase.All[name].Run(theirs, shape, 0);
                for (int i = 0; i < expected.Length; i++)
                {
                    Numbers.Close(expected[i], actual[i], 2e-6);
                }
            }
        }

        FakeCuda.AssertClean();
    }

    [Fact]
    public void A_norm_survives_values_whose_powers_leave_float32()
    {
        FakeCuda.Require();
        using CudaBackend backend = CudaBackend.Open();
        using ReferenceBackend reference = new();
        foreach ((double scale, double p) in ((double, double)[])[(1e8, 6), (1e-3, 6), (1e12, 20), (1e-12, 20), (1e30, 1.5)])
        {
            double[][] results = new double[2][];
            double[] values = [.. Samples.Uniform(new TensorShape(1, 3, 5, 3), -1, 1, 4).Select(v => (double)(float)(v * scale))];
            foreach ((IBackend one, int i) in ((IBackend, int)[])[(backend, 0), (reference, 1)])
            {
                using Tensors t = new(one);
                ITensor value = t.Scalar(0), gradient = t.Zeros(new TensorShape(1, 3, 5, 3));
                one.LpNorm(t.Put(new TensorShape(1, 3, 5, 3), values), p, 45, value, gradient);
                Assert.True(double.IsFinite(t.Get(value)[0]) && t.Get(value)[0] > 0);
                results[i] = [t.Get(value)[0] / scale, .. t.Get(gradient)];
            }

            Numbers.Close(results[1], results[0], 2e-6);
        }
    }

    [Fact]
    public void A_shift_beyond_the_image_reads_nothing_beyond_it()
    {
        FakeCuda.Require();
        using CudaBackend backend = CudaBackend.Open();
        using Tensors t = new(backend);
        TensorShape shape = new(1, 4, 3, 1);
        ITensor x = t.Put(shape, [.. Enumerable.Range(0, 12).Select(i => (double)i)]);
        foreach (ShiftMode mode in Enum.GetValues<ShiftMode>())
        {
            double[][] results = new double[2][];
            for (int i = 0; i < 2; i++)
            {
                ITensor y = t.Zeros(shape);
                backend.Shift(x, y, t.Put(new TensorShape(1, 1, 1, 2), i == 0 ? [3, -2] : [1e9, -4]), t.Scalar(0), mode);
                results[i] = t.Get(y);
            }

            Assert.Equal(results[0], results[1]);
        }
    }

    [Fact]
    public void A_map_that_leads_nowhere_reads_nothing_beyond_the_image()
    {
        FakeCuda.Require();
        using CudaBackend backend = CudaBackend.Open();
        using Tensors t = new(backend);
        TensorShape shape = new(1, 5, 4, 3);
        ITensor x = t.Put(shape, Samples.Uniform(shape, 1, 2, 3)), y = t.Zeros(shape), step = t.Scalar(0);
        double[][] maps =
        [
            [double.NaN, 0, 0, 0, 1, 0], [1, 0, double.PositiveInfinity, 0, 1, double.NegativeInfinity], [0, 0, 1, 0, 0, 1], [1, 1, 0, 1, 1, 0], [3e38, 0, 0, 0, -3e38, 0], [1, 0, 1e9, 0, 1, -1e9],
        ];
        foreach (double[] map in maps)
        {
            ITensor table = t.Put(new TensorShape(1, 1, 1, 6), map);
            backend.Warp(x, y, table, step, 0);
            backend.WarpBackward(x, y, table, step);
            backend.Synchronize();
        }

        Assert.Equal("", FakeCuda.Violations());
        Assert.All(t.Get(y), v => Assert.Equal(0, v));
    }

    [Fact]
    public void Scratch_lives_and_dies_with_its_tensor()
    {
        FakeCuda.Require();
        using (CudaBackend backend = CudaBackend.Open())
        {
            ITensor value = backend.Allocate(TensorShape.PerImage(2));

            // The module is loaded by its first launch, and stays.
            using (ITensor first = backend.Allocate(new TensorShape(2, 1, 1, 1)))
            {
                backend.ChannelMean(first, 1, value);
            }

            string before = FakeCuda.Live();
            ITensor image = backend.Allocate(new TensorShape(2, 5, 7, 3));
            backend.ChannelMean(image, 1, value);
            backend.ChannelMean(image, 1, value);
            Assert.NotEqual(before, FakeCuda.Live());
            image.Dispose();
            Assert.Equal(before, FakeCuda.Live());
            value.Dispose();
        }

        FakeCuda.AssertClean();
    }

    [Fact]
    public void An_image_too_large_for_one_launch_is_refused_by_name()
    {
        FakeCuda.Require();
        ArgumentException error = Assert.Throws<ArgumentException>(() => VggCuda.Kernels.Operations.ImageParts.Of(new TensorShape(1, 32768, 32768, 3)));
        Assert.Contains("3221225472", error.Message, StringComparison.Ordinal);
        VggCuda.Kernels.Operations.ImageParts largest = VggCuda.Kernels.Operations.ImageParts.Of(new TensorShape(1, 16384, 16384, 3));
        Assert.InRange(largest.Parts, 500, VggCuda.Kernels.Operations.ImageParts.Most);
        Assert.True((long)largest.PerPart * largest.Parts >= largest.Count && (long)largest.PerPart * (largest.Parts - 1) < largest.Count);
    }
}
