namespace VggCuda.Engine.Attribution;

/// <summary>What ends a call early, and who hears how far it is.</summary>
internal readonly record struct Watch(CancellationToken Cancellation, IProgress<AttributionProgress>? Progress);
