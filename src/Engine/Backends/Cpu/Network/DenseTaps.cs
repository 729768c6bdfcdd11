namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The taps of one dense layer, and its activation's way back where it is not left to the layer above: softmax, and ReLU where a tap must see the gradient before it.</summary>
internal sealed unsafe class DenseTaps
{
    private readonly DenseShape _shape;
    private readonly DenseLayer _layer;
    private readonly CpuTap[] _after;
    private readonly CpuTap[] _before;
    private readonly ReluRule _rule;
    private readonly int _images;
    private readonly double[] _probabilities;
    private readonly double[] _sums;

    /// <summary>Plans them.</summary>
    /// <param name="shape">The layer's shape.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="taps">All taps of the program.</param>
    /// <param name="spec">The program's spec.</param>
    public DenseTaps(DenseShape shape, DenseLayer layer, CpuTap[] taps, ProgramSpec spec)
    {
        _shape = shape;
        _layer = layer;
        _after = [.. shape.After.Select(i => taps[i])];
        _before = [.. shape.Before.Select(i => taps[i])];
        _rule = spec.Relu;
        _images = spec.Batch;
        _probabilities = new double[shape.HasSoftmax ? _images * layer.OutputCount : 0];
        _sums = new double[shape.HasSoftmax ? layer.OutputCount : 0];
    }

    /// <summary>Fills the taps from the layer's outputs.</summary>
    public void Forward()
    {
        for (int image = 0; image < _images; image++)
        {
            if (_shape.HasSoftmax)
            {
                Softmax(_layer.Outputs + ((nint)image * _layer.Columns), ProbabilitiesOf(image));
            }

            foreach (CpuTap tap in _after)
            {
                Gather(tap, image, _layer.Outputs, _shape.HasSoftmax);
            }

            foreach (CpuTap tap in _before)
            {
                Gather(tap, image, _layer.BeforeRelu, fromProbabilities: false);
            }
        }
    }

    /// <summary>Adds what is given, takes the gradient back through the activation where that has not happened, delivers what is wanted.</summary>
    /// <param name="gradient">(images, columns) at the layer's outputs; what has arrived from above, or anything.</param>
    /// <param name="scales">Factors; where the softmax is given something, they are decided here.</param>
    /// <param name="arrived">Whether something has arrived.</param>
    /// <param name="rescues">Whether this step rescues dead units.</param>
    /// <returns>Whether there is a gradient now.</returns>
    public bool Backward(float* gradient, GradientScales scales, bool arrived, bool rescues)
    {
        if (_shape.HasSoftmax)
        {
            arrived = SoftmaxBackward(gradient, scales);
        }
        else
        {
            arrived = Meet(_after, gradient, scales, _shape.HasRelu && !_shape.MeetsBeforeRelu, arrived);
            if (arrived && _shape.MeetsBeforeRelu)
            {
                PassRelu(gradient, rescues);
            }
        }

        return Meet(_before, gradient, scales, masked: false, arrived);
    }

    private static bool AnyGiven(CpuTap[] taps)
    {
        foreach (CpuTap tap in taps)
        {
            if (tap.Given is not null)
            {
                return true;
            }
        }

        return false;
    }

    private static void Softmax(float* logits, Span<double> probabilities)
    {
        double largest = double.NegativeInfinity;
        for (int i = 0; i < probabilities.Length; i++)
        {
            largest = Math.Max(largest, logits[i]);
        }

        double sum = 0;
        for (int i = 0; i < probabilities.Length; i++)
        {
            sum += probabilities[i] = Math.Exp(logits[i] - largest);
        }

        for (int i = 0; i < probabilities.Length; i++)
        {
            probabilities[i] /= sum;
        }
    }

    private Span<double> ProbabilitiesOf(int image) => _probabilities.AsSpan(image * _layer.OutputCount, _layer.OutputCount);

    private void Gather(CpuTap tap, int image, float* outputs, bool fromProbabilities)
    {
        float* to = tap.Values.Data + ((nint)image * tap.Wanted);
        float* from = outputs + ((nint)image * _layer.Columns);
        ReadOnlySpan<double> probabilities = fromProbabilities ? ProbabilitiesOf(image) : [];
        ReadOnlySpan<int> positions = tap.PositionsOf(image);
        for (int k = 0; k < positions.Length; k++)
        {
            int position = positions[k];
            to[k] = position < 0 ? 0f : fromProbabilities ? (float)probabilities[position] : from[position];
        }
    }

    private bool Meet(CpuTap[] taps, float* gradient, GradientScales scales, bool masked, bool arrived)
    {
        if (!arrived && AnyGiven(taps))
        {
            new Span<float>(gradient, _images * _layer.Columns).Clear();
            arrived = true;
        }

        foreach (CpuTap tap in taps)
        {
            for (int image = 0; image < _images && tap.Given is not null; image++)
            {
                Add(tap, image, gradient + ((nint)image * _layer.Columns), scales.Factors[image], masked);
            }
        }

        foreach (CpuTap tap in taps)
        {
            if (tap.Gradient is CpuTensor wanted)
            {
                Deliver(tap, wanted, gradient, scales, arrived);
            }
        }

        return arrived;
    }

    private void Add(CpuTap tap, int image, float* gradient, float scale, bool masked)
    {
        float* outputs = _layer.Outputs + ((nint)image * _layer.Columns);
        float* given = tap.Given + ((nint)image * tap.Wanted);
        ReadOnlySpan<int> positions = tap.PositionsOf(image);
        for (int k = 0; k < positions.Length; k++)
        {
            int position = positions[k];
            if (position >= 0 && (!masked || outputs[position] > 0f))
            {
                gradient[position] += given[k] * scale;
            }
        }
    }

    private void Deliver(CpuTap tap, CpuTensor wanted, float* gradient, GradientScales scales, bool arrived)
    {
        for (int image = 0; image < _images; image++)
        {
            float* to = wanted.Data + ((nint)image * tap.Wanted);
            float* from = gradient + ((nint)image * _layer.Columns);
            ReadOnlySpan<int> positions = tap.PositionsOf(image);
            for (int k = 0; k < positions.Length; k++)
            {
                to[k] = arrived && positions[k] >= 0 ? from[positions[k]] * scales.Inverses[image] : 0f;
            }
        }
    }

    private void PassRelu(float* gradient, bool rescues)
    {
        for (int image = 0; image < _images; image++)
        {
            float* outputs = _layer.Outputs + ((nint)image * _layer.Columns);
            float* g = gradient + ((nint)image * _layer.Columns);
            if (rescues && !PassesAny(outputs, g))
            {
                for (int k = 0; k < _layer.OutputCount; k++)
                {
                    g[k] = g[k] > 0f ? 0f : g[k];
                }

                continue;
            }

            for (int k = 0; k < _layer.OutputCount; k++)
            {
                bool passes = _rule == ReluRule.Deconvnet || outputs[k] > 0f;
                g[k] = passes && (_rule == ReluRule.Plain || !(g[k] <= 0f)) ? g[k] : 0f;
            }
        }
    }

    private bool PassesAny(float* outputs, float* g)
    {
        for (int k = 0; k < _layer.OutputCount; k++)
        {
            if (outputs[k] > 0f && g[k] != 0f)
            {
                return true;
            }
        }

        return false;
    }

    private bool SoftmaxBackward(float* gradient, GradientScales scales)
    {
        bool given = AnyGiven(_after);
        for (int image = 0; image < _images; image++)
        {
            float own = 0;
            foreach (CpuTap tap in _after)
            {
                own = tap.Given is null ? own : Math.Max(own, GradientScales.Largest(tap.GivenTo(image)));
            }

            float scale = GradientScales.For(own);
            Span<double> g = _sums;
            g.Clear();
            foreach (CpuTap tap in _after)
            {
                ReadOnlySpan<int> positions = tap.PositionsOf(image);
                for (int k = 0; k < positions.Length && tap.Given is not null; k++)
                {
                    if (positions[k] >= 0)
                    {
                        g[positions[k]] += tap.Given[((nint)image * tap.Wanted) + k] * (double)scale;
                    }
                }
            }

            foreach (CpuTap tap in _after)
            {
                DeliverSums(tap, image, scale);
            }

            if (given)
            {
                SoftmaxGradient(image, scale, gradient + ((nint)image * _layer.Columns), scales);
            }
        }

        return given;
    }

    private void DeliverSums(CpuTap tap, int image, float scale)
    {
        if (tap.Gradient is CpuTensor wanted)
        {
            float* to = wanted.Data + ((nint)image * tap.Wanted);
            ReadOnlySpan<int> positions = tap.PositionsOf(image);
            for (int k = 0; k < positions.Length; k++)
            {
                to[k] = positions[k] < 0 ? 0f : (float)(_sums[positions[k]] / scale);
            }
        }
    }

    // dz_i = p_i (g_i - sum_j g_j p_j). A saturated unit's gradient may be far below what a float holds, so it is scaled here, in double,
    // and the factor handed on, unless what is given elsewhere needs a smaller one.
    private void SoftmaxGradient(int image, float scale, float* gradient, GradientScales scales)
    {
        ReadOnlySpan<double> p = ProbabilitiesOf(image);
        Span<double> g = _sums;
        new Span<float>(gradient, _layer.Columns).Clear();
        double mean = 0;
        for (int i = 0; i < p.Length; i++)
        {
            mean += g[i] * p[i];
        }

        double largest = 0;
        for (int i = 0; i < p.Length; i++)
        {
            g[i] = p[i] * (g[i] - mean);
            largest = Math.Max(largest, Math.Abs(g[i]));
        }

        float factor = GradientScales.For(largest);
        if ((double)factor * scale is not (> 1e-37 and < 1e37))
        {
            factor = 1f;
        }

        float whole = scales.Limit(image, scale * factor);
        scales.Set(image, whole);
        double rest = (double)whole / scale;
        for (int i = 0; i < p.Length; i++)
        {
            gradient[i] = (float)(g[i] * rest);
        }
    }
}
