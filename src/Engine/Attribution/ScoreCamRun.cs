using VggCuda.Engine.Backends;
using VggCuda.Engine.Images;

namespace VggCuda.Engine.Attribution;

/// <summary>Score-CAM at work: one forward pass for every picture and channel.</summary>
internal sealed class ScoreCamRun(Passes passes, int? most) : IMethodRun, IPassWork
{
    private readonly List<double[]> _layers = [];
    private readonly List<(int Picture, int Channel)> _masks = [];
    private Chunk? _chunk;
    private TensorShape _shape;
    private double[] _small = [];
    private double[] _mask = [];
    private double[] _weights = [];

    public void Explain(Chunk chunk, Watch watch)
    {
        _chunk = chunk;
        passes.Run(chunk.Count, new LayerLook(this, chunk), watch);
        if (_small.Length == 0)
        {
            _small = new double[_shape.H * _shape.W];
            _mask = new double[chunk.Side * chunk.Side];
        }

        _masks.Clear();
        for (int i = 0; i < chunk.Count; i++)
        {
            _masks.AddRange(Chosen(_layers[i]).Select(k => (i, k)));
        }

        _weights = _weights.Length < _masks.Count ? new double[_masks.Count] : _weights;
        passes.Run(_masks.Count, this, watch);
        for (int i = 0, item = 0; i < chunk.Count; i++)
        {
            Array.Clear(_small);
            for (; item < _masks.Count && _masks[item].Picture == i; item++)
            {
                for (int p = 0; p < _small.Length; p++)
                {
                    _small[p] += _weights[item] * _layers[i][(p * _shape.C) + _masks[item].Channel];
                }
            }

            CamRun.Finish(_small, _shape, chunk.Map(i), chunk.Side);
        }
    }

    public void Fill(int item, Span<double> image)
    {
        (int index, int channel) = _masks[item];
        for (int p = 0; p < _small.Length; p++)
        {
            _small[p] = _layers[index][(p * _shape.C) + channel];
        }

        Upsampling.Bilinear(_small, _shape.H, _shape.W, _mask, _chunk!.Side, _chunk.Side);
        double least = double.PositiveInfinity;
        double largest = double.NegativeInfinity;
        foreach (double v in _mask)
        {
            least = Math.Min(least, v);
            largest = Math.Max(largest, v);
        }

        ReadOnlySpan<double> zero = Baselines.ZeroOf(_chunk.Preprocessing);
        ReadOnlySpan<double> picture = _chunk.Picture(index);
        for (int i = 0; i < image.Length; i++)
        {
            double share = largest > least ? (_mask[i / 3] - least) / (largest - least) : 0;
            image[i] = zero[i % 3] + (share * (picture[i] - zero[i % 3]));
        }
    }

    public int? ClassOf(int item, ReadOnlySpan<double> logits) => null;

    public void Take(int item, Pass pass, int slot) => _weights[item] = Probabilities.Of(pass.Logits(slot), _chunk!.ClassOf(_masks[item].Picture));

    public void Dispose() => passes.Dispose();

    /// <summary>The channels that are not the same everywhere, the most varied of them where a number is set, in order.</summary>
    private IEnumerable<int> Chosen(double[] layer)
    {
        double[] variances = new double[_shape.C];
        int positions = _shape.H * _shape.W;
        for (int k = 0; k < _shape.C; k++)
        {
            double mean = 0;
            for (int i = k; i < layer.Length; i += _shape.C)
            {
                mean += layer[i] / positions;
            }

            bool varies = false;
            for (int i = k; i < layer.Length; i += _shape.C)
            {
                varies |= layer[i] != layer[k];
                variances[k] += (layer[i] - mean) * (layer[i] - mean);
            }

            variances[k] = varies ? variances[k] : -1;
        }

        IEnumerable<int> varied = Enumerable.Range(0, _shape.C).Where(k => variances[k] >= 0);
        return most is int few ? varied.OrderByDescending(k => variances[k]).Take(few).Order() : varied;
    }

    private sealed class LayerLook(ScoreCamRun run, Chunk chunk) : IPassWork
    {
        public void Fill(int item, Span<double> image) => chunk.Picture(item).CopyTo(image);

        public int? ClassOf(int item, ReadOnlySpan<double> logits) => null;

        public void Take(int item, Pass pass, int slot)
        {
            chunk.Judge(item, pass.Logits(slot));
            run._shape = pass.LayerShape;
            while (run._layers.Count <= item)
            {
                run._layers.Add(new double[run._shape.CountPerImage]);
            }

            pass.Layer(slot).CopyTo(run._layers[item]);
        }
    }
}
