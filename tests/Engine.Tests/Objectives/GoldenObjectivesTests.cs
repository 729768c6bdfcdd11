using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Objectives;
using VggCuda.Tests.Shared.Contract;

namespace VggCuda.Engine.Tests.Objectives;

/// <summary>Objectives' values on A = sin(0..23) as (3, 2, 2, 2), worked out apart from this program in double precision.</summary>
public sealed class GoldenObjectivesTests : IDisposable
{
    private static readonly TensorShape Shape = new(3, 2, 2, 2);
    private readonly ReferenceBackend _backend = new();
    private readonly Tensors _t;

    public GoldenObjectivesTests() => _t = new Tensors(_backend);

    public void Dispose()
    {
        _t.Dispose();
        _backend.Dispose();
    }

    [Fact]
    public void Diversity() => Assert.Equal(-1.9060928, Sum(new DiversityObjective { Layer = "", Group = 3 }), 1e-7);

    [Fact]
    public void Alignment() => Assert.Equal(-1.6096409, Sum(new AlignmentObjective { Layer = "", Group = 3 }), 1e-7);

    [Fact]
    public void Interpolation() => Assert.Equal(-0.0642571, Sum(new InterpolationObjective { Layer = "", From = 0, To = 1, Steps = 3 }), 1e-7);

    [Fact]
    public void Layer() => Assert.Equal(0.4880536, Sum(new LayerObjective { Layer = "" }) / 3, 1e-7);

    [Theory]
    [InlineData(0, 0.1101631)]
    [InlineData(2, 0.5918795)]
    public void Direction(double power, double expected) =>
        Assert.Equal(expected, Sum(new DirectionObjective { Layer = "", Channels = [0, 1], Values = [1, 2], Power = power }) / 3, 1e-7);

    [Fact]
    public void Boundary()
    {
        TensorShape shape = new(1, 6, 6, 1);
        ITensor value = _t.Zeros(TensorShape.PerImage(1));
        _backend.Boundary(_t.Put(shape, [.. Enumerable.Range(0, 36).Select(i => Math.Sin(i))]), 1, 0.8, 0.5, 36, _t.Zeros(shape), value, _t.Zeros(shape));
        Assert.Equal(23.4034533, _t.Get(value)[0], 1e-7);
    }

    [Fact]
    public void Channel()
    {
        ITensor value = _t.Zeros(TensorShape.PerImage(3));
        TensorShape one = Shape with { C = 1 };
        new ChannelObjective { Layer = "", Channels = [[0], [0], [0]] }.Evaluate(_backend, [_t.Put(one, [.. Enumerable.Range(0, 12).Select(i => Math.Sin(2 * i))])], [], value, []);
        Assert.Equal(0.0531379, -_t.Get(value).Sum() / 3, 1e-7);
    }

    // What is to grow, summed over the pictures.
    private double Sum(TapObjective objective)
    {
        ITensor tap = _t.Put(Shape, [.. Enumerable.Range(0, 24).Select(i => Math.Sin(i))]);
        ITensor value = _t.Zeros(TensorShape.PerImage(3));
        ITensor gradient = _t.Zeros(Shape);
        ITensor[] scratch = [.. objective.Scratch([Shape]).Select(_t.Zeros)];
        objective.Prepare(_backend, [gradient], scratch);
        objective.Evaluate(_backend, [tap], [gradient], value, scratch);
        return -_t.Get(value).Sum();
    }
}
