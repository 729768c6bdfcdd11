using VggCuda.Engine.Backends;
using VggCuda.Engine.Images;

namespace VggCuda.Engine.Attribution;

/// <summary>Gradient-weighted maps of a layer: one pass forwards, and back no further than the layer, or than the dense layers where their summed weights tell the rest.</summary>
internal sealed class CamRun(Passes passes, GradientCamMethod method, SummedHead? head = null) : IMethodRun, IPassWork
{
    private Chunk? _chunk;
    private double[] _small = [];

    public void Explain(Chunk chunk, Watch watch)
    {
        _chunk = chunk;
        head?.Load(watch.Cancellation);
        passes.Run(chunk.Count, this, watch);
    }

    public void Fill(int item, Span<double> image) => _chunk!.Picture(item).CopyTo(image);

    public int? ClassOf(int item, ReadOnlySpan<double> logits) => _chunk!.Judge(item, logits);

    public void Take(int item, Pass pass, int slot)
    {
        TensorShape shape = pass.LayerShape;
        if (_small.Length == 0)
        {
            _small = new double[shape.H * shape.W];
        }

        Array.Clear(_small);
        Span<double> gradient = pass.LayerGradient(slot);
        if (head is null)
        {
            method.Modifier.Apply(gradient);
            method.Combine(pass.Layer(slot), gradient, shape.C, _small);
        }
        else
        {
            GradCam.AddWeighted(pass.Layer(slot), head.MeanGradient(gradient, _small.Length), _small);
        }

        Finish(_small, shape, _chunk!.Map(item), _chunk.Side);
    }

    /// <summary>Cuts off what is negative and enlarges.</summary>
    public static void Finish(Span<double> small, TensorShape shape, Span<double> map, int side)
    {
        foreach (ref double v in small)
        {
            v = Math.Max(v, 0);
        }

        Upsampling.Bilinear(small, shape.H, shape.W, map, side, side);
    }

    public void Dispose() => passes.Dispose();
}
