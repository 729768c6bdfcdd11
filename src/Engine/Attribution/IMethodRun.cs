namespace VggCuda.Engine.Attribution;

/// <summary>A method at work: fills the maps of some pictures, and says of each which class was asked about.</summary>
internal interface IMethodRun : IDisposable
{
    /// <summary>Fills <see cref="Chunk.Map"/> and judges every picture (<see cref="Chunk.Judge"/>).</summary>
    void Explain(Chunk chunk, Watch watch);
}
