namespace VggCuda.Engine.Backends;

/// <summary>One class's share.</summary>
/// <param name="Class">Index.</param>
/// <param name="Probability">Softmax over all classes, 0..1.</param>
/// <param name="Logit">Before the softmax.</param>
public sealed record Prediction(int Class, double Probability, double Logit);
