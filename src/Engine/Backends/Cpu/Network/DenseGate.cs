namespace VggCuda.Engine.Backends.Cpu;

/// <summary>How a gradient that arrives at a dense layer's inputs passes the ReLU that made them.</summary>
/// <param name="Masked">Whether only inputs above zero get one; then rows of weights whose input is zero are not read.</param>
/// <param name="Positive">Whether only what is above zero passes.</param>
internal readonly record struct DenseGate(bool Masked, bool Positive);
