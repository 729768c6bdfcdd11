using System.Globalization;
using System.Text;

namespace VggCuda.Kernels.Operations;

/// <summary>The entry points of a PTX text with the types of their parameters.</summary>
/// <remarks>cuLaunchKernel takes untyped addresses: a launch that passes an int for a long would read what lies beside it. So every launch is held against what the PTX declares.</remarks>
internal static class KernelSignature
{
    private const int Word = 8;
    private const string Entry = ".visible .entry ";

    /// <summary>Reads a PTX text.</summary>
    /// <returns>By kernel name one letter per parameter: l (.u64), i (.u32), f (.f32), d (.f64), <see cref="Struct"/> for one that is passed by value.</returns>
    /// <exception cref="InvalidDataException">A parameter is of another type.</exception>
    public static IReadOnlyDictionary<string, string> Read(string ptx)
    {
        Dictionary<string, string> signatures = [];
        string? name = null;
        StringBuilder kinds = new();
        foreach (ReadOnlySpan<char> raw in ptx.AsSpan().EnumerateLines())
        {
            ReadOnlySpan<char> line = raw.Trim();
            if (line.StartsWith(Entry, StringComparison.Ordinal))
            {
                name = line[Entry.Length..].TrimEnd("()").ToString();
                kinds.Clear();
                if (line.EndsWith("()", StringComparison.Ordinal))
                {
                    signatures.Add(name, string.Empty);
                    name = null;
                }
            }
            else if (name is not null && line.StartsWith(".param ", StringComparison.Ordinal))
            {
                kinds.Append(Kind(line, name));
            }
            else if (name is not null && line.StartsWith(")", StringComparison.Ordinal))
            {
                signatures.Add(name, kinds.ToString());
                name = null;
            }
        }

        return signatures;
    }

    /// <summary>The letter of a struct of so many bytes: beyond those of numbers, each size its own.</summary>
    /// <exception cref="InvalidDataException">No multiple of 8, or more than a kernel takes.</exception>
    public static char Struct(int bytes) => bytes % Word == 0 && bytes is > 0 and <= 4096
        ? (char)('\u0100' + (bytes / Word))
        : throw new InvalidDataException($"A struct of {bytes} bytes is no parameter of a kernel; a multiple of 8 up to 4096 is needed.");

    private static char Kind(ReadOnlySpan<char> line, string kernel)
    {
        const string Aligned = ".param .align 8 .b8 ";
        if (line.StartsWith(Aligned, StringComparison.Ordinal) && line.IndexOf('[') is >= 0 and int start && line.IndexOf(']') is >= 0 and int end)
        {
            return Struct(int.Parse(line[(start + 1)..end], NumberStyles.None, CultureInfo.InvariantCulture));
        }

        ReadOnlySpan<char> type = line[".param ".Length..];
        type = type[..type.IndexOf(' ')];
        return type switch
        {
            ".u64" => 'l',
            ".u32" => 'i',
            ".f32" => 'f',
            ".f64" => 'd',
            _ => throw new InvalidDataException($"Kernel '{kernel}' has a parameter of type {type}; pointers, int, unsigned, long long, float, double and structs of whole 8 bytes are supported."),
        };
    }
}
