using VggCuda.Cli.Hosting;
using VggCuda.Cli.Networks;

namespace VggCuda.Cli.Drawing;

/// <summary>What a picture was drawn with, beside what is here.</summary>
internal static class DrawnWith
{
    private const string Mark = " sha256:";

    /// <summary>Refuses other weights than a picture was drawn with, where it says which.</summary>
    /// <param name="path">The picture, for the message.</param>
    /// <param name="texts">Its metadata.</param>
    /// <param name="chosen">The weights that are here.</param>
    /// <param name="cancellation">Ends the wait for their SHA-256.</param>
    /// <exception cref="CommandException">They are others.</exception>
    public static void CheckWeights(string path, IReadOnlyDictionary<string, string> texts, ChosenNetwork chosen, CancellationToken cancellation)
    {
        if (!texts.TryGetValue(PictureTexts.Weights, out string? weights) || weights.LastIndexOf(Mark, StringComparison.Ordinal) is not (>= 0 and int at))
        {
            return;
        }

        string wanted = weights[(at + Mark.Length)..];
        string found = chosen.Sha256(cancellation) ?? throw new OperationCanceledException(cancellation);
        if (!string.Equals(wanted, found, StringComparison.OrdinalIgnoreCase))
        {
            throw CommandException.File($"'{path}' was drawn with the weights {weights[..at]}, SHA-256 {wanted[..Math.Min(12, wanted.Length)]}..., and these are {chosen.Name}, {found[..12]}....\nGive the right file with --weights.");
        }
    }
}
