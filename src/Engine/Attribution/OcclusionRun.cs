namespace VggCuda.Engine.Attribution;

/// <summary>Occlusion at work: one forward pass for every picture and window.</summary>
internal sealed class OcclusionRun(Passes passes, Baseline baseline, int window, int stride) : IMethodRun, IPassWork
{
    private Chunk? _chunk;
    private int[] _places = [];
    private int[] _covers = [];
    private double[] _filling = [];
    private int _filled;

    public void Explain(Chunk chunk, Watch watch)
    {
        _chunk = chunk;
        if (_places.Length == 0)
        {
            int last = chunk.Side - window;
            _places = [.. Enumerable.Range(0, (last / stride) + 1).Select(i => i * stride), .. last % stride == 0 ? (int[])[] : [last]];
            _covers = [.. Enumerable.Range(0, chunk.Side).Select(at => _places.Count(p => at >= p && at < p + window))];
            _filling = new double[chunk.Side * chunk.Side * 3];
        }

        _filled = -1;
        for (int i = 0; i < chunk.Count; i++)
        {
            chunk.Map(i).Clear();
        }

        passes.Run(chunk.Count, new Look(chunk), watch);
        passes.Run(checked(chunk.Count * _places.Length * _places.Length), this, watch);
        for (int i = 0; i < chunk.Count; i++)
        {
            Span<double> map = chunk.Map(i);
            for (int p = 0; p < map.Length; p++)
            {
                map[p] /= _covers[p / chunk.Side] * _covers[p % chunk.Side];
            }
        }
    }

    public void Fill(int item, Span<double> image)
    {
        (int picture, int top, int left) = PlaceOf(item);
        ReadOnlySpan<double> clean = _chunk!.Picture(picture);
        if (_filled != picture)
        {
            baseline.Draw(clean, _chunk.Side, _chunk.Preprocessing, _filling);
            _filled = picture;
        }

        clean.CopyTo(image);
        for (int y = top; y < top + window; y++)
        {
            int start = ((y * _chunk.Side) + left) * 3;
            _filling.AsSpan(start, window * 3).CopyTo(image[start..]);
        }
    }

    public int? ClassOf(int item, ReadOnlySpan<double> logits) => null;

    public void Take(int item, Pass pass, int slot)
    {
        (int picture, int top, int left) = PlaceOf(item);
        double drop = _chunk!.Facts[picture].Logit - pass.Logits(slot)[_chunk.ClassOf(picture)];
        Span<double> map = _chunk.Map(picture);
        for (int y = top; y < top + window; y++)
        {
            foreach (ref double v in map.Slice((y * _chunk.Side) + left, window))
            {
                v += drop;
            }
        }
    }

    public void Dispose() => passes.Dispose();

    private (int Picture, int Top, int Left) PlaceOf(int item)
    {
        (int picture, int place) = Math.DivRem(item, _places.Length * _places.Length);
        return (picture, _places[place / _places.Length], _places[place % _places.Length]);
    }
}
