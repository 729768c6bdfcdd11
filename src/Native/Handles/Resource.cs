using VggCuda.Native.Abi;

namespace VggCuda.Native.Handles;

/// <summary>What a handle stands for. It lives as long as its handle, or anything that was opened of it.</summary>
internal abstract class Resource : IDisposable
{
    private readonly Resource[] _parents;
    private int _holders = 1;

    /// <param name="parents">What it is made of.</param>
    protected Resource(params Resource[] parents) => _parents = parents;

    /// <summary>"network", for messages.</summary>
    public abstract string Kind { get; }

    /// <summary>The device that must be at rest when this is freed, or null.</summary>
    public virtual IExclusive? Device => null;

    /// <summary>Gives everything back. Called once, by the table of handles.</summary>
    public abstract void Dispose();

    /// <summary>Keeps the parents alive from now on; called under the table's lock.</summary>
    internal void Attach()
    {
        foreach (Resource parent in _parents)
        {
            parent._holders++;
        }
    }

    /// <summary>One holder less; called under the table's lock.</summary>
    /// <param name="ended">Receives what nobody holds any more, children before their parents.</param>
    internal void Let(List<Resource> ended)
    {
        if (--_holders > 0)
        {
            return;
        }

        ended.Add(this);
        foreach (Resource parent in _parents)
        {
            parent.Let(ended);
        }
    }
}

/// <summary>Something that does one thing at a time.</summary>
internal interface IExclusive
{
    /// <summary>Begins to use it, unless somebody does.</summary>
    bool TryEnter();

    /// <summary>Ends using it.</summary>
    void Leave();
}

/// <summary>The time during which something that does one thing at a time is used.</summary>
internal readonly struct Turn : IDisposable
{
    private readonly IExclusive _what;

    /// <exception cref="StatusException">Somebody uses it.</exception>
    public Turn(IExclusive what) => _what = what.TryEnter() ? what : throw new StatusException(Status.Busy, "The device is in use by another call. Wait for it, or open a device for each thread.");

    public void Dispose() => _what.Leave();
}
