namespace VggCuda.Engine.Attribution;

/// <summary>Integrated gradients at work: pictures whose gap is still too large go on with twice the steps.</summary>
internal sealed class IntegratedGradientsRun(Passes passes, IntegratedGradients method) : IMethodRun, IPassWork
{
    private readonly Dictionary<int, QuadratureNodes> _nodes = [];
    private readonly List<int> _pending = [];
    private Chunk? _chunk;
    private QuadratureNodes _path = QuadratureNodes.Of(Quadrature.Midpoint, 2);
    private double[] _baselines = [];
    private double[] _sums = [];

    public void Explain(Chunk chunk, Watch watch)
    {
        _chunk = chunk;
        int length = chunk.Side * chunk.Side * 3;
        if (_sums.Length < chunk.Count * length)
        {
            _sums = new double[chunk.Count * length];
            _baselines = new double[chunk.Count * length];
        }

        _pending.Clear();
        for (int i = 0; i < chunk.Count; i++)
        {
            method.Baseline.Draw(chunk.Picture(i), chunk.Side, chunk.Preprocessing, BaselineOf(i));
            _pending.Add(i);
        }

        passes.Run(chunk.Count, new Look(chunk), watch);
        double[] differences = new double[chunk.Count];
        passes.Run(chunk.Count, new BaselineLook(this, differences), watch);
        for (int steps = method.Steps; _pending.Count > 0; steps *= 2)
        {
            if (!_nodes.TryGetValue(steps, out QuadratureNodes? path))
            {
                _nodes[steps] = path = QuadratureNodes.Of(method.Rule, steps);
            }

            _path = path;
            Array.Clear(_sums);
            passes.Run(checked(_pending.Count * steps), this, watch);
            Settle(steps, differences);
        }
    }

    public void Fill(int item, Span<double> image)
    {
        (int place, int node) = Math.DivRem(item, _path.Places.Length);
        int index = _pending[place];
        double t = _path.Places[node];
        ReadOnlySpan<double> picture = _chunk!.Picture(index);
        ReadOnlySpan<double> baseline = BaselineOf(index);
        for (int i = 0; i < image.Length; i++)
        {
            image[i] = baseline[i] + (t * (picture[i] - baseline[i]));
        }
    }

    public int? ClassOf(int item, ReadOnlySpan<double> logits) => _chunk!.ClassOf(_pending[item / _path.Places.Length]);

    public void Take(int item, Pass pass, int slot)
    {
        (int place, int node) = Math.DivRem(item, _path.Places.Length);
        double weight = _path.Weights[node];
        ReadOnlySpan<double> gradient = pass.Gradient(slot);
        Span<double> sum = _sums.AsSpan(_pending[place] * gradient.Length, gradient.Length);
        for (int i = 0; i < gradient.Length; i++)
        {
            sum[i] += weight * gradient[i];
        }
    }

    public void Dispose() => passes.Dispose();

    private Span<double> BaselineOf(int picture)
    {
        int length = _chunk!.Side * _chunk.Side * 3;
        return _baselines.AsSpan(picture * length, length);
    }

    /// <summary>Makes the maps of the pictures under way; those that are good enough, or cannot go on, are done.</summary>
    private void Settle(int steps, double[] differences)
    {
        for (int place = _pending.Count - 1; place >= 0; place--)
        {
            int index = _pending[place];
            ReadOnlySpan<double> picture = _chunk!.Picture(index);
            ReadOnlySpan<double> baseline = BaselineOf(index);
            ReadOnlySpan<double> sums = _sums.AsSpan(index * picture.Length, picture.Length);
            Span<double> map = _chunk.Map(index);
            double total = 0;
            for (int i = 0; i < map.Length; i++)
            {
                double value = 0;
                for (int c = 3 * i; c < (3 * i) + 3; c++)
                {
                    value += (picture[c] - baseline[c]) * sums[c];
                }

                map[i] = value;
                total += value;
            }

            double gap = Math.Abs(total - differences[index]);
            bool reached = gap <= method.Tolerance * Math.Abs(differences[index]);
            if (reached || 2L * steps > method.MaxSteps)
            {
                _chunk.Facts[index] = _chunk.Facts[index] with { Integration = new IntegrationFacts(steps, differences[index], gap, reached) };
                _pending.RemoveAt(place);
            }
        }
    }

    private sealed class BaselineLook(IntegratedGradientsRun run, double[] differences) : IPassWork
    {
        public void Fill(int item, Span<double> image) => run.BaselineOf(item).CopyTo(image);

        public int? ClassOf(int item, ReadOnlySpan<double> logits) => null;

        public void Take(int item, Pass pass, int slot) => differences[item] = run._chunk!.Facts[item].Logit - pass.Logits(slot)[run._chunk.ClassOf(item)];
    }
}
