using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>Weights in the engine's forms, shared by the programs of a network and freed with the last of them.</summary>
internal sealed class WeightStore
{
    private readonly Dictionary<IWeightSource, Dictionary<string, Entry>> _sources = new(ReferenceEqualityComparer.Instance);

    /// <summary>Weights held.</summary>
    public int Count => _sources.Values.Sum(entries => entries.Count);

    /// <summary>Takes weights, building them where no program has them yet.</summary>
    /// <param name="source">Where they come from.</param>
    /// <param name="key">Layer, form and slice.</param>
    /// <param name="leases">Gets what the program must dispose.</param>
    /// <param name="build">Builds them.</param>
    public T Take<T>(IWeightSource source, string key, List<IDisposable> leases, Func<T> build)
        where T : class, IDisposable
    {
        if (!_sources.TryGetValue(source, out Dictionary<string, Entry>? entries))
        {
            entries = [];
        }

        if (!entries.TryGetValue(key, out Entry? entry))
        {
            entry = new Entry(build());
            entries[key] = entry;
            _sources[source] = entries;
        }

        entry.Programs++;
        leases.Add(new Lease(this, source, key, entry));
        return (T)entry.Value;
    }

    /// <summary>Whether some program has them.</summary>
    public bool Has(IWeightSource source, string key) => _sources.TryGetValue(source, out Dictionary<string, Entry>? entries) && entries.ContainsKey(key);

    private void Release(IWeightSource source, string key, Entry entry)
    {
        if (--entry.Programs == 0)
        {
            entry.Value.Dispose();
            Dictionary<string, Entry> entries = _sources[source];
            entries.Remove(key);
            if (entries.Count == 0)
            {
                _sources.Remove(source);
            }
        }
    }

    private sealed class Entry(IDisposable value)
    {
        public IDisposable Value { get; } = value;

        public int Programs { get; set; }
    }

    private sealed class Lease(WeightStore store, IWeightSource source, string key, Entry entry) : IDisposable
    {
        private bool _returned;

        public void Dispose()
        {
            if (!_returned)
            {
                _returned = true;
                store.Release(source, key, entry);
            }
        }
    }
}
