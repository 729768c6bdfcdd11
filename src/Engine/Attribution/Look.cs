namespace VggCuda.Engine.Attribution;

/// <summary>A first pass over the clean pictures, which judges them.</summary>
internal sealed class Look(Chunk chunk) : IPassWork
{
    public void Fill(int item, Span<double> image) => chunk.Picture(item).CopyTo(image);

    public int? ClassOf(int item, ReadOnlySpan<double> logits) => null;

    public void Take(int item, Pass pass, int slot) => chunk.Judge(item, pass.Logits(slot));
}
