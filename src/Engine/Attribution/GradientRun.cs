using VggCuda.Engine.Model;

namespace VggCuda.Engine.Attribution;

/// <summary>From a picture and its gradient, both (H, W, 3), to a map, (H, W).</summary>
internal delegate void GradientMap(Preprocessing preprocessing, ReadOnlySpan<double> picture, ReadOnlySpan<double> gradient, Span<double> map);

/// <summary>Methods of one forward and one backward pass.</summary>
internal sealed class GradientRun(Passes passes, GradientMap toMap) : IMethodRun, IPassWork
{
    private Chunk? _chunk;

    public void Explain(Chunk chunk, Watch watch)
    {
        _chunk = chunk;
        passes.Run(chunk.Count, this, watch);
    }

    public void Fill(int item, Span<double> image) => _chunk!.Picture(item).CopyTo(image);

    public int? ClassOf(int item, ReadOnlySpan<double> logits) => _chunk!.Judge(item, logits);

    public void Take(int item, Pass pass, int slot) => toMap(_chunk!.Preprocessing, _chunk.Picture(item), pass.Gradient(slot), _chunk.Map(item));

    public void Dispose() => passes.Dispose();
}
