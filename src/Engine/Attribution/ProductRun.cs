namespace VggCuda.Engine.Attribution;

/// <summary>Two methods' maps, multiplied.</summary>
internal sealed class ProductRun(IMethodRun first, IMethodRun second) : IMethodRun
{
    private double[] _maps = [];

    public void Explain(Chunk chunk, Watch watch)
    {
        first.Explain(chunk, watch);
        int length = chunk.Side * chunk.Side;
        if (_maps.Length < chunk.Count * length)
        {
            _maps = new double[chunk.Count * length];
        }

        for (int i = 0; i < chunk.Count; i++)
        {
            chunk.Map(i).CopyTo(_maps.AsSpan(i * length));
        }

        second.Explain(chunk, watch);
        for (int i = 0; i < chunk.Count; i++)
        {
            Span<double> map = chunk.Map(i);
            for (int p = 0; p < length; p++)
            {
                map[p] *= _maps[(i * length) + p];
            }
        }
    }

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }
}
