using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace VggCuda.Cli.Hosting;

/// <summary>Parsers of option values whose messages say what the value must be.</summary>
internal static class Parsers
{
    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public static Option<int?> WholeNumber(Option<int?> option, int least, int most = int.MaxValue)
    {
        option.CustomParser = result =>
        {
            string text = Text(result);
            if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
            {
                result.AddError($"{option.Name}: '{text}' is no whole number.");
            }
            else if (value < least || value > most)
            {
                result.AddError(most == int.MaxValue
                    ? $"{option.Name} is {value}; it must be at least {least}."
                    : $"{option.Name} is {value}; it must be between {least} and {most}.");
            }

            return (int)Math.Clamp(value, least, most);
        };
        return option;
    }

    /// <summary>One of a few words.</summary>
    public static Option<string?> OneOf(Option<string?> option, params string[] words)
    {
        option.CustomParser = result =>
        {
            string text = Text(result);
            if (!words.Contains(text, StringComparer.Ordinal))
            {
                result.AddError($"{option.Name}: '{text}' is none of {string.Join(", ", words)}.");
            }

            return text;
        };
        option.CompletionSources.Add(words);
        return option;
    }

    /// <summary>One of an enumeration's values, by <see cref="NamesOf"/>, in any case.</summary>
    public static Option<T?> OneOf<T>(Option<T?> option)
        where T : struct, Enum
    {
        option.CompletionSources.Add(NamesOf<T>());
        option.CustomParser = result => ValueOf<T>(option.Name, result);
        return option;
    }

    /// <summary>The same, with a value where the option is not given.</summary>
    public static Option<T> OneOf<T>(Option<T> option, T usual)
        where T : struct, Enum
    {
        option.CompletionSources.Add(NamesOf<T>());
        option.CustomParser = result => result.Tokens.Count == 0 ? usual : ValueOf<T>(option.Name, result);
        return option;
    }

    /// <summary>What an enumeration's values are called on the command line: <c>SmallValues</c> is small-values.</summary>
    public static string[] NamesOf<T>()
        where T : struct, Enum =>
        [.. Enum.GetNames<T>().Select(n => string.Concat(n.Select((c, i) => (i > 0 && char.IsUpper(c) ? "-" : "") + char.ToLowerInvariant(c))))];

    /// <summary>A seed: 0 to 4294967295, what NumPy's <c>random.seed</c> takes.</summary>
    public static Option<uint?> Seed(Option<uint?> option)
    {
        option.CustomParser = result =>
        {
            string text = Text(result);
            if (!uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint value))
            {
                result.AddError($"{option.Name} is '{text}'; it must be a whole number between 0 and {uint.MaxValue}.");
            }

            return value;
        };
        return option;
    }

    /// <summary>A factor of a loss: finite, 0 or more.</summary>
    public static Option<double?> LossWeight(Option<double?> option)
    {
        option.CustomParser = result =>
        {
            string text = Text(result);
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
            {
                result.AddError($"{option.Name}: '{text}' is no number.");
            }
            else if (!double.IsFinite(value) || value < 0)
            {
                result.AddError($"{option.Name} is {text}; it must be a finite number, 0 or more.");
            }

            return value;
        };
        return option;
    }

    private static string Text(ArgumentResult result) => result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";

    private static T ValueOf<T>(string name, ArgumentResult result)
        where T : struct, Enum
    {
        string text = Text(result);
        string[] names = NamesOf<T>();
        int place = Array.IndexOf(names, text.ToLowerInvariant());
        if (place < 0)
        {
            result.AddError($"{name} is '{text}'; it must be one of {string.Join(", ", names)}.");
        }

        return Enum.GetValues<T>()[Math.Max(place, 0)];
    }
}
