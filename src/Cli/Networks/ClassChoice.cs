using System.Collections.Immutable;
using System.Globalization;
using VggCuda.Cli.Hosting;

namespace VggCuda.Cli.Networks;

/// <summary>From a user's words to classes.</summary>
internal static class ClassChoice
{
    /// <summary>Reads classes by number, range or name, several separated by commas.</summary>
    /// <exception cref="CommandException">Out of range, twice the same, or a name where the classes have none.</exception>
    /// <exception cref="Hdf5Loader.Files.ClassNameException">Unknown or ambiguous; the message has the nearest.</exception>
    public static ImmutableArray<int> Find(ChosenNetwork chosen, string text)
    {
        ImmutableArray<int>.Builder classes = ImmutableArray.CreateBuilder<int>();
        foreach (string word in text.Split(',').SelectMany(w => Ranges.Expand(w.Trim(), chosen.ClassCount)))
        {
            int index = FindOne(chosen, word);
            if (classes.Contains(index))
            {
                throw CommandException.Usage($"--class names {chosen.Describe(index)} twice; for several pictures of it use --count.");
            }

            classes.Add(index);
        }

        return classes.ToImmutable();
    }

    private static int FindOne(ChosenNetwork chosen, string word)
    {
        if (word.Length == 0)
        {
            throw CommandException.Usage($"--class needs a number from 0 to {chosen.ClassCount - 1}, or a name.");
        }

        if (int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int index))
        {
            return index >= 0 && index < chosen.ClassCount
                ? index
                : throw CommandException.Usage($"There is no class {index}; classes of these weights are 0 to {chosen.ClassCount - 1}.");
        }

        return chosen.Names?.Find(word)
            ?? throw CommandException.Usage($"The classes of {chosen.Name} have no names; give a number from 0 to {chosen.ClassCount - 1} instead of '{word}'.");
    }
}
