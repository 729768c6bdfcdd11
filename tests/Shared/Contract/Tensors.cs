using VggCuda.Engine.Backends;

namespace VggCuda.Tests.Shared.Contract;

/// <summary>Tensors of one backend for the length of a test, filled from and read to host arrays.</summary>
public sealed class Tensors(IBackend backend) : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    public IBackend Backend { get; } = backend;

    public ITensor Put(TensorShape shape, double[] values)
    {
        ITensor tensor = Own(Backend.Allocate(shape));
        Backend.Upload(tensor, values);
        return tensor;
    }

    public ITensor Zeros(TensorShape shape) => Own(Backend.Allocate(shape));

    public ITensor Scalar(double value) => Put(TensorShape.PerImage(1), [value]);

    public double[] Get(ITensor tensor)
    {
        double[] values = new double[tensor.Shape.Count];
        Backend.Download(tensor, values);
        return values;
    }

    public T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Add(resource);
        return resource;
    }

    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.Clear();
    }
}
