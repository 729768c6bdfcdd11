namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Work that falls into independent chunks. Built once, run many times, so that a step allocates nothing.</summary>
internal abstract class Job
{
    /// <summary>Number of chunks.</summary>
    public abstract int Chunks { get; }

    /// <summary>Does one chunk.</summary>
    /// <param name="chunk">0 to <see cref="Chunks"/> - 1; each is done once, in any order.</param>
    /// <param name="worker">Which thread of the pool this is: the index of its scratch memory.</param>
    public abstract void Execute(int chunk, int worker);
}
