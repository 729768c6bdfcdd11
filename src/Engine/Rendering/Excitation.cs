using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Engine.Objectives;

namespace VggCuda.Engine.Rendering;

/// <summary>An objective on a device: its leaves with the taps, gradients and scratch tensors of each.</summary>
internal sealed class Excitation
{
    private readonly Leaf[] _leaves;
    private readonly ITensor _sum;

    /// <summary>Allocates the gradients at the taps and what the leaves work in.</summary>
    /// <param name="objective">What to excite.</param>
    /// <param name="network">Where its layers are.</param>
    /// <param name="taps">What the program delivers.</param>
    /// <param name="sum">Per picture the loss.</param>
    /// <param name="allocate">Makes a tensor; its owner is the caller.</param>
    public Excitation(Objective objective, Network network, IReadOnlyList<ITensor> taps, ITensor sum, Func<TensorShape, ITensor> allocate)
    {
        _sum = sum;
        Gradients = [.. taps.Select(t => allocate(t.Shape))];
        List<Leaf> leaves = [];
        int first = 0;
        foreach (TapObjective leaf in objective.Leaves)
        {
            Range own = first..(first += leaf.Taps(network).Length);
            ITensor[] ownTaps = [.. taps.Take(own)];
            ITensor value = leaves.Count == 0 ? sum : allocate(sum.Shape);
            leaves.Add(new Leaf(leaf, ownTaps, Gradients[own], value, [.. leaf.Scratch([.. ownTaps.Select(t => t.Shape)]).Select(allocate)]));
        }

        _leaves = [.. leaves];
    }

    /// <summary>The loss's gradient at each tap.</summary>
    public ITensor[] Gradients { get; }

    /// <summary>Before the run.</summary>
    public void Prepare(IBackend backend)
    {
        foreach (ITensor gradient in Gradients)
        {
            backend.Fill(gradient, 0);
        }

        foreach (Leaf leaf in _leaves)
        {
            leaf.Objective.Prepare(backend, leaf.Gradients, leaf.Scratch);
        }
    }

    /// <summary>In each step, when the guide has gone through the network: what is compared with is kept.</summary>
    public void Look(IImageOperations operations)
    {
        foreach (Leaf leaf in _leaves)
        {
            if (leaf.Objective is GuidedObjective)
            {
                GuidedObjective.Look(operations, leaf.Taps, leaf.Scratch);
            }
        }
    }

    /// <summary>In each step: losses, their sum, the gradients.</summary>
    public void Evaluate(IImageOperations operations)
    {
        foreach (Leaf leaf in _leaves)
        {
            leaf.Objective.Clear(operations, leaf.Gradients);
            leaf.Objective.Evaluate(operations, leaf.Taps, leaf.Gradients, leaf.Value, leaf.Scratch);
            if (leaf.Value != _sum)
            {
                operations.Add(_sum, leaf.Value, _sum);
            }
        }
    }

    private sealed record Leaf(TapObjective Objective, ITensor[] Taps, ITensor[] Gradients, ITensor Value, ITensor[] Scratch);
}
