using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Optimizers;

/// <summary>How a gradient becomes a step.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(RmsProp), "rmsprop")]
[JsonDerivedType(typeof(Adam), "adam")]
[JsonDerivedType(typeof(Momentum), "momentum")]
public abstract record Optimizer
{
    /// <summary>Tensors of the parameters' shape that it keeps between steps, zero at the start.</summary>
    [JsonIgnore]
    public abstract int StateCount { get; }

    /// <summary>The same with other steps.</summary>
    /// <param name="rate">Length of a step; null for its own.</param>
    /// <param name="normalizes">Whether each picture's gradient is divided by its root mean square first; null for its own.</param>
    public abstract Optimizer With(double? rate, bool? normalizes);

    /// <summary>Changes the parameters by one step downhill. A step is in proportion to the rate, and no state depends on it: so schedules can make it shorter.</summary>
    /// <param name="operations">The backend.</param>
    /// <param name="parameters">Overwritten.</param>
    /// <param name="gradient">Of the loss; may be overwritten.</param>
    /// <param name="state"><see cref="StateCount"/> tensors.</param>
    /// <param name="step">The number of steps done before, as a tensor of one element.</param>
    public abstract void Apply(IImageOperations operations, ITensor parameters, ITensor gradient, IReadOnlyList<ITensor> state, ITensor step);

    /// <summary>Checks the settings.</summary>
    /// <exception cref="PlanException">A value is out of its range.</exception>
    public abstract void Validate();
}
