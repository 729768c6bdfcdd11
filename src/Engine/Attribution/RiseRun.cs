using VggCuda.Engine.Backends;
using VggCuda.Engine.Images;
using VggCuda.Engine.Randomness;

namespace VggCuda.Engine.Attribution;

/// <summary>RISE at work. A mask is drawn once and laid over every picture.</summary>
internal sealed class RiseRun(Passes passes, Rise method, int batch) : IMethodRun, IPassWork
{
    private readonly double[] _grid = new double[method.Grid * method.Grid];

    // No pass holds more masks than images; a mask is still here when its image comes out.
    private readonly double[][] _masks = new double[batch][];
    private Chunk? _chunk;
    private NumPyRandom _random = new(method.Seed);
    private double[] _large = [];
    private int _next;

    public void Explain(Chunk chunk, Watch watch)
    {
        _chunk = chunk;
        _random = new NumPyRandom(method.Seed);
        _next = 0;
        for (int i = 0; i < chunk.Count; i++)
        {
            chunk.Map(i).Clear();
        }

        passes.Run(chunk.Count, new Look(chunk), watch);
        passes.Run(checked(chunk.Count * method.Masks), this, watch);
        for (int i = 0; i < chunk.Count; i++)
        {
            foreach (ref double v in chunk.Map(i))
            {
                v /= method.Masks * method.Keep;
            }
        }
    }

    public void Fill(int item, Span<double> image)
    {
        (int number, int picture) = Math.DivRem(item, _chunk!.Count);
        double[] mask = MaskOf(number);
        ReadOnlySpan<double> zero = Baselines.ZeroOf(_chunk.Preprocessing);
        ReadOnlySpan<double> clean = _chunk.Picture(picture);
        for (int i = 0; i < image.Length; i++)
        {
            image[i] = zero[i % 3] + (mask[i / 3] * (clean[i] - zero[i % 3]));
        }
    }

    public int? ClassOf(int item, ReadOnlySpan<double> logits) => null;

    public void Take(int item, Pass pass, int slot)
    {
        (int number, int picture) = Math.DivRem(item, _chunk!.Count);
        double probability = Probabilities.Of(pass.Logits(slot), _chunk.ClassOf(picture));
        double[] mask = MaskOf(number);
        Span<double> map = _chunk.Map(picture);
        for (int p = 0; p < map.Length; p++)
        {
            map[p] += probability * mask[p];
        }
    }

    public void Dispose() => passes.Dispose();

    private double[] MaskOf(int number)
    {
        for (; _next <= number; _next++)
        {
            Draw(_masks[_next % batch] ??= new double[_chunk!.Side * _chunk.Side]);
        }

        return _masks[number % batch];
    }

    private void Draw(double[] mask)
    {
        foreach (ref double cell in _grid.AsSpan())
        {
            cell = _random.NextDouble() < method.Keep ? 1 : 0;
        }

        int side = _chunk!.Side;
        int pixels = (side + method.Grid - 1) / method.Grid;
        int large = (method.Grid + 1) * pixels;
        if (_large.Length == 0)
        {
            _large = new double[large * large];
        }

        Upsampling.Bilinear(_grid, method.Grid, method.Grid, _large, large, large);
        int top = _random.NextInteger(0, pixels);
        int left = _random.NextInteger(0, pixels);
        for (int y = 0; y < side; y++)
        {
            _large.AsSpan(((top + y) * large) + left, side).CopyTo(mask.AsSpan(y * side));
        }
    }
}
