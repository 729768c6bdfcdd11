using VggCuda.Engine.Backends;

namespace VggCuda.Tests.Shared.Contract;

public abstract partial class BackendContract
{
    [Fact]
    public void A_second_thread_is_refused_while_the_first_is_inside()
    {
        using IBackend backend = Open();
        using Tensors t = new(backend);
        TensorShape shape = new(1, 5, 7, 3);
        ITensor image = t.Zeros(shape);
        ITensor other = t.Zeros(shape);
        ITensor value = t.Zeros(TensorShape.PerImage(1));
        ITensor step = t.Zeros(TensorShape.PerImage(1));
        ITensor logits = t.Zeros(new TensorShape(1, 1, 1, 5));
        NetworkCase one = NetworkCase.All["block1_pool"];
        INetworkProgram program = backend.Compile(one.Network, one.Spec);
        ITensor input = t.Zeros(program.InputShape);
        ITensor gradient = t.Zeros(program.InputShape);
        program.Forward(input);
        IReplay replay = t.Own(backend.Record(() => backend.Advance(step)));
        ILossLog log = t.Own(backend.CreateLog(1, 1, 1));
        using ManualResetEventSlim inside = new();
        using ManualResetEventSlim release = new();
        Exception? failure = null;
        Thread first = new(() =>
        {
            try
            {
                // Some backends run the step when they record it, others when it is replayed.
                using IReplay waiting = backend.Record(() =>
                {
                    inside.Set();
                    release.Wait();
                    backend.Advance(step);
                });
                waiting.Run(1);
                waiting.Wait();
            }
            catch (Exception e)
            {
                failure = e;
                inside.Set();
            }
        });
        first.Start();
        inside.Wait();
        try
        {
            foreach (Action action in (Action[])[
                () => backend.Allocate(shape), () => backend.Upload(image, new double[105]), () => backend.Upload(image, new float[105]),
                () => backend.Download(image, new double[105]), () => backend.Download(image, new float[105]), backend.Synchronize,
                () => backend.Compile(one.Network, one.Spec), () => backend.CreateLog(1, 1, 1), () => backend.Record(() => { }), () => backend.Rank(logits, 1),
                () => backend.Fill(image, 1), () => backend.Copy(image, other), () => backend.ChannelMean(image, 1, value),
                () => backend.TotalVariation(image, 2, 1, value, other), () => backend.LpNorm(image, 6, 1, value, other), () => backend.Add(value, value, value),
                () => backend.NormalizeRms(image, 1), () => backend.RmsProp(image, other, other, 1, 0.9, 1e-7), () => backend.Dot(image, other, 1, value),
                () => backend.Sigmoid(image, other, 0, 1), () => backend.KeepBest(value, step, image, value, value, other), () => backend.Log(log, step, [value]),
                () => backend.Advance(step), () => program.Forward(input), () => program.Backward(program.Tap, gradient),
                () => replay.Run(1), program.Dispose, backend.Dispose])
            {
                Assert.Contains("Two threads", Assert.Throws<InvalidOperationException>(action).Message, StringComparison.Ordinal);
            }
        }
        finally
        {
            release.Set();
            first.Join();
        }

        Assert.Null(failure);

        // Nothing was harmed, and another thread may now come.
        replay.Run(2);
        replay.Wait();
        program.Forward(input);
        program.Dispose();
        backend.Fill(image, 3);
        Assert.All(t.Get(image), v => Assert.Equal(3, v));
    }
}
