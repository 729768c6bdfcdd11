namespace VggCuda.Kernels;

/// <summary>What a backend's cuDNN plans have taken so far.</summary>
/// <param name="Known">Asked for again, and in memory.</param>
/// <param name="Loaded">Found on disk.</param>
/// <param name="Built">Built anew; of each, as many as competed were.</param>
/// <param name="PreparingSeconds">Loading and building, by the clock; several threads at once.</param>
/// <param name="TimingSeconds">Timing those that compete.</param>
public sealed record PlanReport(int Known, int Loaded, int Built, double PreparingSeconds, double TimingSeconds);
