using VggCuda.Engine.Backends;
using VggCuda.Engine.Backends.Cpu;
using VggCuda.Engine.Model;
using VggCuda.Engine.Tests.Rendering;

namespace VggCuda.Engine.Tests.Cpu;

/// <summary>Values in and out of the CPU backend without a copy: the same bits as with copies, and errors instead of foreign memory.</summary>
public sealed class HostMemoryTests : IDisposable
{
    private readonly CpuBackend _backend = new();

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void A_pass_in_the_callers_memory_gives_the_bits_of_one_with_copies()
    {
        Layer top = TinyNetworks.WithTop.Topology.Layers[^1];
        ProgramSpec spec = new() { Taps = [new TapSpec(top)], Batch = 2, Height = 32, Width = 32, Preprocessing = Preprocessing.Vgg16 };
        using INetworkProgram program = _backend.Compile(TinyNetworks.WithTop, spec);
        float[] picture = [.. Enumerable.Range(0, (int)program.InputShape.Count).Select(i => (i * 37 % 256) + 0.25f)];
        float[] ones = [.. Enumerable.Repeat(1f, (int)spec.TapShape().Count)];

        float[] logits = new float[ones.Length], gradient = new float[picture.Length];
        using (ITensor x = _backend.Allocate(program.InputShape), dy = _backend.Allocate(spec.TapShape()), dx = _backend.Allocate(program.InputShape))
        {
            _backend.Upload(x, picture);
            _backend.Upload(dy, ones);
            program.Forward(x);
            program.Backward(dy, dx);
            _backend.Download(program.Tap, logits);
            _backend.Download(dx, gradient);
        }

        // One float off, so that nothing is aligned.
        float[] memory = [0, .. picture], found = new float[picture.Length + 1];
        using (ITensor x = _backend.Wrap(memory.AsMemory(1), program.InputShape), dy = _backend.Wrap(ones, spec.TapShape()), dx = _backend.Wrap(found.AsMemory(1), program.InputShape))
        {
            program.Forward(x);
            program.Backward(dy, dx);
            Assert.Equal(logits, _backend.ViewOf(program.Tap).ToArray());
            Assert.Equal(gradient, _backend.ViewOf(dx).ToArray());
        }

        Assert.Equal(gradient, found[1..]);
        Assert.Equal(picture, memory[1..]);
        Assert.Equal(0, found[0]);
    }

    [Fact]
    public void What_is_written_to_a_view_is_in_the_tensor()
    {
        using ITensor tensor = _backend.Allocate(new TensorShape(1, 2, 2, 1));
        Memory<float> view = _backend.ViewOf(tensor);
        view.Span[3] = 5;
        float[] values = new float[4];
        _backend.Download(tensor, values);
        Assert.Equal([0, 0, 0, 5], values);
    }

    [Fact]
    public void A_view_of_a_tensor_that_is_gone_is_refused()
    {
        ITensor tensor = _backend.Allocate(new TensorShape(1, 2, 2, 1));
        Memory<float> view = _backend.ViewOf(tensor);
        tensor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => view.Span[0]);
        Assert.Throws<ObjectDisposedException>(() => _backend.ViewOf(tensor).Span[0]);
    }

    [Fact]
    public void Memory_is_released_with_its_tensor()
    {
        int before = _backend.LiveResources;
        ITensor tensor = _backend.Wrap(new float[4], new TensorShape(1, 2, 2, 1));
        tensor.Dispose();
        tensor.Dispose();
        Assert.Equal(before, _backend.LiveResources);
        Assert.Throws<ObjectDisposedException>(() => _backend.Upload(tensor, new float[4]));
    }

    [Fact]
    public void Another_length_and_another_backends_tensor_are_refused()
    {
        Assert.Contains("3 values", Assert.Throws<ArgumentException>(() => _backend.Wrap(new float[3], new TensorShape(1, 2, 2, 1))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _backend.Wrap(Array.Empty<float>(), new TensorShape(1, 0, 2, 1)));
        using CpuBackend other = new();
        using ITensor foreign = other.Allocate(new TensorShape(1, 2, 2, 1));
        Assert.Throws<ArgumentException>(() => _backend.ViewOf(foreign));
    }
}
