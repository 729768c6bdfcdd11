using System.Collections.Immutable;
using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Objectives;

/// <summary>An objective that is evaluated: a loss for each picture from what is found at its taps, and the loss's gradient there.</summary>
public abstract record TapObjective : Objective
{
    /// <inheritdoc/>
    [JsonIgnore]
    public sealed override ImmutableArray<TapObjective> Leaves => [this];

    /// <summary>Whether the gradient at the taps does not depend on their values: then <see cref="Prepare"/> fills it once.</summary>
    [JsonIgnore]
    public abstract bool IsConstant { get; }

    /// <summary>Tensors that it keeps between <see cref="Prepare"/> and <see cref="Evaluate"/>, or works in.</summary>
    /// <param name="taps">Shapes of its taps.</param>
    public virtual ImmutableArray<TensorShape> Scratch(IReadOnlyList<TensorShape> taps) => [];

    /// <summary>Before the run: fills the gradients at the taps with what is constant in them. They are zeros on entry.</summary>
    /// <param name="backend">The backend; the call lies outside a step.</param>
    /// <param name="gradients">One per tap, of its shape.</param>
    /// <param name="scratch">As <see cref="Scratch"/> says.</param>
    public virtual void Prepare(IBackend backend, IReadOnlyList<ITensor> gradients, IReadOnlyList<ITensor> scratch)
    {
    }

    /// <summary>In each step, before <see cref="Evaluate"/>: zeros at the taps whose gradient is not constant.</summary>
    /// <param name="operations">The backend.</param>
    /// <param name="gradients">One per tap, of its shape.</param>
    public virtual void Clear(IImageOperations operations, IReadOnlyList<ITensor> gradients)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(gradients);
        for (int i = 0; !IsConstant && i < gradients.Count; i++)
        {
            operations.Fill(gradients[i], 0);
        }
    }

    /// <summary>In each step: value[n] = the loss; where the objective is not constant, its gradient is added at the taps, which are zeros on entry.</summary>
    /// <param name="operations">The backend.</param>
    /// <param name="taps">What the network found.</param>
    /// <param name="gradients">One per tap, of its shape.</param>
    /// <param name="value">Per picture, overwritten.</param>
    /// <param name="scratch">As <see cref="Scratch"/> says.</param>
    public abstract void Evaluate(IImageOperations operations, IReadOnlyList<ITensor> taps, IReadOnlyList<ITensor> gradients, ITensor value, IReadOnlyList<ITensor> scratch);
}
