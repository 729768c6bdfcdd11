using System.Text;

namespace VggCuda.Native.Abi;

/// <summary>UTF-8 that ends with 0, in and out.</summary>
internal static unsafe class Text
{
    private const int MostBytes = 1 << 20;
    private static readonly UTF8Encoding Strict = new(false, true);

    /// <summary>Reads a text; null where there is none.</summary>
    /// <exception cref="StatusException">It is not UTF-8, or has no end within 1 MiB.</exception>
    public static string? Read(byte* text, string what)
    {
        if (text is null)
        {
            return null;
        }

        int length = 0;
        while (text[length] != 0)
        {
            if (++length == MostBytes)
            {
                throw StatusException.Argument($"The {what} has no end within {MostBytes} bytes.");
            }
        }

        try
        {
            return Strict.GetString(text, length);
        }
        catch (ArgumentException)
        {
            throw StatusException.Argument($"The {what} is not UTF-8.");
        }
    }

    /// <summary>Reads a text that must be there.</summary>
    /// <exception cref="StatusException">It is missing, or not UTF-8.</exception>
    public static string Require(byte* text, string what) => Read(text, what) ?? throw StatusException.Argument($"The {what} is null.");

    /// <summary>Fills a buffer behind its size with a text and its terminating 0.</summary>
    /// <exception cref="StatusException">It is too small.</exception>
    public static void Write(string value, byte* text, nuint* size)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(value) + 1];
        Encoding.UTF8.GetBytes(value, bytes);
        Memory.Fill(bytes, text, size);
    }
}
