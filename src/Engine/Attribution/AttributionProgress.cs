namespace VggCuda.Engine.Attribution;

/// <summary>How far a method is with the pictures that it has in hand.</summary>
/// <param name="Done">Images sent through the network in this part of the work.</param>
/// <param name="Total">Images of this part.</param>
public readonly record struct AttributionProgress(int Done, int Total);
