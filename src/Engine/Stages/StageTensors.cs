using VggCuda.Engine.Backends;

namespace VggCuda.Engine.Stages;

/// <summary>What a stage works on. All belong to whoever runs the stage.</summary>
public sealed class StageTensors
{
    /// <summary>What goes in, (N, H, W, C); not changed.</summary>
    public required ITensor Input { get; init; }

    /// <summary>What comes out.</summary>
    public required ITensor Output { get; init; }

    /// <summary>The gradient with respect to <see cref="Output"/>; null where none passes the stage.</summary>
    public ITensor? OutputGradient { get; init; }

    /// <summary>The gradient with respect to <see cref="Input"/>; null where none passes the stage.</summary>
    public ITensor? InputGradient { get; init; }

    /// <summary>The drawn numbers, (steps, N, 1, numbers per step); null for a stage without chance.</summary>
    public ITensor? Table { get; init; }

    /// <summary>The step counter: the row of <see cref="Table"/> that counts.</summary>
    public required ITensor Step { get; init; }

    /// <summary>As <see cref="Stage.Constants"/> says.</summary>
    public IReadOnlyList<ITensor> Constants { get; init; } = [];

    /// <summary>As <see cref="Stage.Scratch"/> says.</summary>
    public IReadOnlyList<ITensor> Scratch { get; init; } = [];

    /// <summary>The same tensors but for two.</summary>
    /// <param name="input">What goes in.</param>
    /// <param name="table">The drawn numbers.</param>
    public StageTensors With(ITensor input, ITensor? table) => new()
    {
        Input = input,
        Output = Output,
        OutputGradient = OutputGradient,
        InputGradient = InputGradient,
        Table = table,
        Step = Step,
        Constants = Constants,
        Scratch = Scratch,
    };
}
