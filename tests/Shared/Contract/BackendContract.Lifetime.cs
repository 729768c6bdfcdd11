using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Reference;
using VggCuda.Engine.Model;

namespace VggCuda.Tests.Shared.Contract;

public abstract partial class BackendContract
{
    [Fact]
    public void It_says_what_it_is()
    {
        BackendDescription description = Backend.Description;
        Assert.NotEmpty(description.Name);
        Assert.NotEmpty(description.Device);
        Assert.NotEmpty(description.Details);
    }

    [Fact]
    public void Fifty_programs_leave_nothing_behind()
    {
        using IBackend backend = Open();
        Round(backend);
        long before = Held(backend);
        for (int i = 0; i < 50; i++)
        {
            Round(backend);
        }

        Assert.Equal(before, Held(backend));

        static void Round(IBackend backend)
        {
            using Tensors t = new(backend);
            NetworkCase.All["block3_conv1"].Run(t, Precision.Auto);
            ITensor step = t.Zeros(TensorShape.PerImage(1));
            ILossLog log = t.Own(backend.CreateLog(10, 1, 1));
            IReplay replay = t.Own(backend.Record(() => backend.Log(log, step, [step])));
            replay.Run(2);
            replay.Wait();
        }
    }

    [Fact]
    public void A_failed_compilation_leaves_nothing_behind()
    {
        using IBackend backend = Open();
        long before = Held(backend);
        ProgramSpec spec = NetworkCase.All["predictions"].Spec;
        MemoryWeights copy = MemoryWeights.CopyOf(Samples.WithTop.Weights);
        Network broken = Network.FromWeights(new BrokenWeights(copy, "fc2"));
        Assert.Throws<WeightsException>(() => backend.Compile(broken, spec));
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => backend.Compile(Samples.WithTop, spec, source.Token));
        Assert.Throws<PlanException>(() => backend.Compile(Samples.WithTop, spec with { Height = 64 }));
        Assert.Throws<PlanException>(() => backend.Forecast(Samples.WithTop, spec with { Height = 64 }));
        Assert.Throws<PlanException>(() => backend.Compile(Samples.WithoutTop, spec));
        Assert.Equal(before, Held(backend));
    }

    [Fact]
    public void Another_backends_tensors_are_refused()
    {
        using Tensors own = new(Backend);
        using Tensors foreign = new(new ReferenceBackend());
        TensorShape shape = new(2, 5, 7, 3);
        TensorShape perImage = TensorShape.PerImage(2);
        ITensor image = own.Zeros(shape);
        ITensor value = own.Zeros(perImage);
        ITensor step = own.Zeros(TensorShape.PerImage(1));
        ITensor strange = foreign.Zeros(shape);
        ITensor strangeValue = foreign.Zeros(perImage);
        Refuses(() => Backend.Upload(strange, new double[210]));
        Refuses(() => Backend.Download(strange, new double[210]));
        Refuses(() => Backend.Fill(strange, 1));
        Refuses(() => Backend.Copy(image, strange));
        Refuses(() => Backend.Copy(strange, image));
        Refuses(() => Backend.TotalVariation(image, 2, 1, value, strange));
        Refuses(() => Backend.LpNorm(image, 6, 1, strangeValue, image));
        Refuses(() => Backend.ChannelMean(strange, 1, value));
        Refuses(() => Backend.NormalizeRms(strange, 1));
        Refuses(() => Backend.RmsProp(image, image, strange, 1, 0.9, 1e-7));
        Refuses(() => Backend.Add(value, strangeValue, value));
        Refuses(() => Backend.KeepBest(value, step, image, value, value, strange));
        Refuses(() => Backend.Advance(foreign.Scalar(0)));
        using ILossLog log = foreign.Backend.CreateLog(1, 2, 1);
        Refuses(() => Backend.Log(log, step, [value]));
        NetworkCase one = NetworkCase.All["block1_pool"];
        INetworkProgram program = own.Own(Backend.Compile(one.Network, one.Spec));
        Refuses(() => program.Forward(foreign.Zeros(program.InputShape)));
        foreign.Backend.Dispose();
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        using Tensors t = new(Backend);
        TensorShape shape = new(2, 5, 7, 3);
        ITensor image = t.Zeros(shape);
        ITensor turned = t.Zeros(new TensorShape(2, 7, 5, 3));
        ITensor value = t.Zeros(TensorShape.PerImage(2));
        ITensor three = t.Zeros(TensorShape.PerImage(3));
        ITensor step = t.Zeros(TensorShape.PerImage(1));
        ITensor shifts = t.Zeros(new TensorShape(4, 2, 1, 2));
        Refuses(() => Backend.Allocate(new TensorShape(1, 0, 5, 3)));
        Refuses(() => Backend.Upload(image, new double[209]));
        Refuses(() => Backend.Upload(image, new float[211]));
        Refuses(() => Backend.Download(image, new double[209]));
        Refuses(() => Backend.Download(image, new float[211]));
        Refuses(() => Backend.Copy(image, turned));
        Refuses(() => Backend.Shift(image, turned, shifts, step, ShiftMode.Roll));
        Refuses(() => Backend.Shift(image, image, shifts, step, ShiftMode.Roll));
        Refuses(() => Backend.Shift(image, t.Zeros(shape), t.Zeros(new TensorShape(4, 3, 1, 2)), step, ShiftMode.Roll));
        Refuses(() => Backend.Shift(image, t.Zeros(shape), shifts, value, ShiftMode.Roll));
        Refuses(() => Backend.ChannelMean(image, 1, three));
        Refuses(() => Backend.TotalVariation(image, 2, 1, three, t.Zeros(shape)));
        Refuses(() => Backend.TotalVariation(image, 2, 1, value, turned));
        Refuses(() => Backend.TotalVariation(image, 0.5, 1, value, t.Zeros(shape)));
        Refuses(() => Backend.LpNorm(image, 6, 1, three, t.Zeros(shape)));
        Refuses(() => Backend.LpNorm(image, 6, 1, value, turned));
        Refuses(() => Backend.LpNorm(image, 0.5, 1, value, t.Zeros(shape)));
        Refuses(() => Backend.Add(value, three, value));
        Refuses(() => Backend.Add(value, value, three));
        Refuses(() => Backend.RmsProp(image, turned, t.Zeros(shape), 1, 0.9, 1e-7));
        Refuses(() => Backend.RmsProp(image, t.Zeros(shape), turned, 1, 0.9, 1e-7));
        Refuses(() => Backend.KeepBest(three, step, image, value, value, t.Zeros(shape)));
        Refuses(() => Backend.KeepBest(value, step, image, three, value, t.Zeros(shape)));
        Refuses(() => Backend.KeepBest(value, step, image, value, three, t.Zeros(shape)));
        Refuses(() => Backend.KeepBest(value, step, image, value, value, turned));
        Refuses(() => Backend.Advance(value));
        using ILossLog log = Backend.CreateLog(2, 2, 2);
        Refuses(() => Backend.Log(log, step, [value]));
        Refuses(() => Backend.Log(log, step, [value, three]));
        Refuses(() => Backend.CreateLog(0, 1, 1));
        NetworkCase one = NetworkCase.All["block1_pool"];
        INetworkProgram program = t.Own(Backend.Compile(one.Network, one.Spec));
        Refuses(() => program.Forward(image));
        program.Forward(t.Zeros(program.InputShape));
        Refuses(() => program.Backward(image, t.Zeros(program.InputShape)));
        Refuses(() => program.Backward(t.Zeros(program.Tap.Shape), image));
    }

    [Fact]
    public void What_has_been_disposed_of_says_so()
    {
        using IBackend backend = Open();
        using Tensors t = new(backend);
        TensorShape shape = new(1, 5, 7, 3);
        ITensor tensor = backend.Allocate(shape);
        ITensor step = t.Zeros(TensorShape.PerImage(1));
        tensor.Dispose();
        tensor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => backend.Fill(tensor, 1));
        Assert.Throws<ObjectDisposedException>(() => backend.Download(tensor, new double[105]));
        Assert.Throws<ObjectDisposedException>(() => backend.Copy(tensor, t.Zeros(shape)));
        NetworkCase one = NetworkCase.All["block1_pool"];
        INetworkProgram program = backend.Compile(one.Network, one.Spec);
        ITensor image = t.Zeros(program.InputShape);
        program.Dispose();
        program.Dispose();
        Assert.Throws<ObjectDisposedException>(() => program.Forward(image));
        IReplay replay = backend.Record(() => backend.Advance(step));
        replay.Dispose();
        replay.Dispose();
        Assert.Throws<ObjectDisposedException>(() => replay.Run(1));
        ILossLog log = backend.CreateLog(1, 1, 1);
        log.Dispose();
        log.Dispose();
        Assert.Throws<ObjectDisposedException>(() => log.Read(0, new double[1]));
        t.Dispose();
        backend.Dispose();
        backend.Dispose();
        Assert.Throws<ObjectDisposedException>(() => backend.Allocate(shape));
        Assert.Throws<ObjectDisposedException>(() => backend.Compile(one.Network, one.Spec));
    }

    [Fact]
    public void More_memory_than_there_is_is_refused_with_what_was_asked_for()
    {
        TensorShape shape = new(1024, 16384, 16384, 64);
        DeviceMemoryException error = Assert.Throws<DeviceMemoryException>(() => Backend.Allocate(shape));
        Assert.True(error.Requested >= shape.Count * sizeof(float));
        using Tensors t = new(Backend);
        Assert.Equal([3], t.Get(t.Scalar(3)));
    }

    private static void Refuses(Action action) => Assert.ThrowsAny<ArgumentException>(action);

    /// <summary>Weights of which one layer cannot be read, as where a file is damaged in its middle.</summary>
    private sealed class BrokenWeights(MemoryWeights inner, string brokenLayer) : IWeightSource
    {
        public string Name => "broken";

        public IReadOnlyList<LayerWeights> Layers => inner.Layers;

        public void Read(string layer, WeightPart part, long start, Span<float> destination, CancellationToken cancellation = default)
        {
            if (layer == brokenLayer)
            {
                throw new WeightsException(Name, layer, "cannot be read.");
            }

            inner.Read(layer, part, start, destination, cancellation);
        }

        public string? ComputeSha256(CancellationToken cancellation = default) => null;

        public void Dispose() => inner.Dispose();
    }
}
