namespace VggCuda.Engine.Attribution;

/// <summary>How well integrated gradients add up: completeness says that the map's sum is the logit's difference between picture and baseline.</summary>
/// <param name="Steps">Nodes of the path that the map was made with.</param>
/// <param name="Difference">Logit of the picture less that of the baseline.</param>
/// <param name="Gap">|sum of the map - <paramref name="Difference"/>|.</param>
/// <param name="Reached">Whether the gap is at most the tolerance's share of the difference; otherwise the limit of steps was reached.</param>
public sealed record IntegrationFacts(int Steps, double Difference, double Gap, bool Reached)
{
    /// <summary>The gap as a share of the difference; 0 where both are 0, infinity where only the difference is.</summary>
    public double RelativeGap => Gap == 0 ? 0 : Gap / Math.Abs(Difference);
}
