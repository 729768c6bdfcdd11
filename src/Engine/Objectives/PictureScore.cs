using System.Collections.Immutable;

namespace VggCuda.Engine.Objectives;

/// <summary>What a network makes of a finished, clean picture.</summary>
/// <param name="Activation">What the objective was to excite, unweighted: the sum of its channels' activations, the neuron's value, the layer's mean square.</param>
/// <param name="Channels">The single channels' verdicts; empty where the objective is a whole layer.</param>
public sealed record PictureScore(double Activation, ImmutableArray<ChannelScore> Channels);

/// <summary>A channel's verdict on the clean picture.</summary>
/// <param name="Channel">Its number.</param>
/// <param name="Activation">Mean over the map; for a class its logit, for a neuron its value.</param>
/// <param name="Probability">Softmax over all classes, where the layer is the classifier.</param>
/// <param name="Rank">1 for the class with the highest logit, where the layer is the classifier.</param>
public sealed record ChannelScore(int Channel, double Activation, double? Probability, int? Rank);
