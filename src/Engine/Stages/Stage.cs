using System.Collections.Immutable;
using System.Text.Json.Serialization;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Randomness;

namespace VggCuda.Engine.Stages;

/// <summary>One link of the chain from the optimised parameters to the network's input, forwards and backwards: a parameterisation before the picture, a transform after it.</summary>
/// <remarks>
/// Its settings are part of the plan; it holds no tensors. <see cref="Backward"/> is the exact adjoint of the derivative of
/// <see cref="Forward"/>, without randomness of its own. Images of a batch are independent.
/// </remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Jitter), "jitter")]
[JsonDerivedType(typeof(RandomShift), "shift")]
[JsonDerivedType(typeof(RandomAffine), "affine")]
[JsonDerivedType(typeof(Resize), "resize")]
[JsonDerivedType(typeof(Blur), "blur")]
[JsonDerivedType(typeof(Noise), "noise")]
[JsonDerivedType(typeof(Spectrum), "spectrum")]
[JsonDerivedType(typeof(PhaseSpectrum), "phases")]
[JsonDerivedType(typeof(Standardization), "standardization")]
[JsonDerivedType(typeof(Decorrelation), "decorrelation")]
[JsonDerivedType(typeof(SigmoidRange), "sigmoid")]
[JsonDerivedType(typeof(ClipRange), "clip")]
public abstract record Stage
{
    /// <summary>How many random numbers a step needs per image; 0 for a stage without chance.</summary>
    [JsonIgnore]
    public virtual int NumbersPerStep => 0;

    /// <summary>Whether it stands after the picture alone, never among what makes it.</summary>
    [JsonIgnore]
    public virtual bool IsTransform => NumbersPerStep > 0;

    /// <summary>Whether what comes out replaces the parameters for good, as in keras-vis's loop; then no gradient passes the stage.</summary>
    [JsonIgnore]
    public virtual bool ReplacesPicture => false;

    /// <summary>Draws the numbers of one step and image.</summary>
    /// <param name="random">The image's own stream.</param>
    /// <param name="input">Shape of what goes in.</param>
    /// <param name="numbers">Overwritten; <see cref="NumbersPerStep"/> values.</param>
    public virtual void Draw(NumPyRandom random, TensorShape input, Span<double> numbers)
    {
    }

    /// <summary>Shape of what goes in where <paramref name="output"/> comes out: what a parameterisation needs for a picture.</summary>
    public virtual TensorShape InputShape(TensorShape output) => output;

    /// <summary>Shape of what comes out.</summary>
    public virtual TensorShape OutputShape(TensorShape input) => input;

    /// <summary>Tensors that it works in, besides input and output.</summary>
    /// <param name="input">Shape of what goes in.</param>
    /// <param name="output">Shape of what comes out.</param>
    public virtual ImmutableArray<TensorShape> Scratch(TensorShape input, TensorShape output) => [];

    /// <summary>Arrays that never change, uploaded once before the run: matrices, factors.</summary>
    /// <param name="input">Shape of what goes in.</param>
    /// <param name="output">Shape of what comes out.</param>
    public virtual ImmutableArray<StageConstant> Constants(TensorShape input, TensorShape output) => [];

    /// <summary>Fills <see cref="StageTensors.Output"/> from <see cref="StageTensors.Input"/>.</summary>
    public abstract void Forward(IImageOperations operations, StageTensors tensors);

    /// <summary>Fills <see cref="StageTensors.InputGradient"/> from <see cref="StageTensors.OutputGradient"/>, for the input and numbers of the last <see cref="Forward"/>.</summary>
    public abstract void Backward(IImageOperations operations, StageTensors tensors);

    /// <summary>The last stage before the network: forwards, and the network on what comes out. For a stage that a program can take on its way in (<see cref="IShiftedInput"/>) to override.</summary>
    public virtual void ForwardInto(IImageOperations operations, INetworkProgram program, StageTensors tensors)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(tensors);
        Forward(operations, tensors);
        program.Forward(tensors.Output);
    }

    /// <summary>The way back, on the host, from what comes out to what goes in: for a picture that the optimisation starts from. Only parameterisations have it.</summary>
    /// <param name="output">One image of what comes out, in C order.</param>
    /// <param name="shape">Its shape.</param>
    /// <returns>One image of what goes in.</returns>
    /// <exception cref="PlanException">The stage has no way back.</exception>
    public virtual double[] Inverse(double[] output, TensorShape shape) =>
        throw new PlanException($"'{GetType().Name}' has no way back from a picture; start from noise.");

    /// <summary>Checks the settings.</summary>
    /// <param name="shape">Shape of the images: what comes out of a parameterisation, what goes into a transform.</param>
    /// <exception cref="PlanException">A value is out of its range.</exception>
    public abstract void Validate(TensorShape shape);
}
