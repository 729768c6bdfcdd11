using System.Runtime.CompilerServices;

namespace VggCuda.Native.Abi;

/// <summary>Reads and writes the caller's memory by the rules of vggcuda.h: structures with their sizes, buffers behind their sizes.</summary>
internal static unsafe class Memory
{
    // No structure of any version is larger; a size beyond it is no size.
    private const uint LargestStructure = 4096;

    /// <summary>Reads a structure of any version; null gives all defaults.</summary>
    /// <exception cref="StatusException">Its size is none, or it asks for what this library does not know.</exception>
    public static T Read<T>(T* from)
        where T : unmanaged
    {
        T value = default;
        if (from is null)
        {
            return value;
        }

        uint size = SizeOf(from);
        Unsafe.CopyBlockUnaligned(&value, from, Math.Min(size, (uint)sizeof(T)));
        for (uint i = (uint)sizeof(T); i < size; i++)
        {
            if (((byte*)from)[i] != 0)
            {
                throw StatusException.Argument($"The structure has {size} bytes, this library knows {sizeof(T)} of them, and byte {i} is not zero: what it asks for is of a later version.");
            }
        }

        return value;
    }

    /// <summary>Writes a structure as far as the caller's version has it; struct_size stays.</summary>
    /// <exception cref="StatusException">There is none, or its size is none.</exception>
    public static void Write<T>(T* to, T value)
        where T : unmanaged
    {
        Require(to, "structure");
        uint size = SizeOf(to);
        Unsafe.CopyBlockUnaligned((byte*)to + sizeof(uint), (byte*)&value + sizeof(uint), Math.Min(size, (uint)sizeof(T)) - sizeof(uint));
    }

    /// <summary>Fills a buffer behind its size.</summary>
    /// <exception cref="StatusException">It is too small, or there is no size.</exception>
    public static void Fill<T>(ReadOnlySpan<T> values, T* buffer, nuint* size)
        where T : unmanaged
    {
        Require(size, "size");
        nuint capacity = *size;
        *size = (nuint)values.Length;
        if (buffer is null)
        {
            return;
        }

        if (capacity < (nuint)values.Length)
        {
            throw new StatusException(Status.Buffer, $"The buffer has room for {capacity}; {values.Length} are needed.");
        }

        values.CopyTo(new Span<T>(buffer, values.Length));
    }

    /// <summary>The caller's array, of the one length that is right.</summary>
    /// <param name="values">Null where the length is 0.</param>
    /// <param name="length">What the caller says.</param>
    /// <param name="needed">What is right.</param>
    /// <param name="what">What it holds, for the message.</param>
    /// <exception cref="StatusException">Another length, or a null pointer.</exception>
    public static Span<T> Array<T>(T* values, nuint length, long needed, string what)
        where T : unmanaged
    {
        if (length != (nuint)needed)
        {
            throw StatusException.Argument($"{length} {what} were given; {needed} are needed.");
        }

        if (needed > 0)
        {
            Require(values, what);
        }

        return new Span<T>(values, checked((int)needed));
    }

    /// <summary>Refuses a null pointer.</summary>
    /// <exception cref="StatusException">It is null.</exception>
    public static void Require(void* pointer, string what)
    {
        if (pointer is null)
        {
            throw StatusException.Argument($"The pointer to the {what} is null.");
        }
    }

    /// <summary>0 stands for the default.</summary>
    /// <exception cref="StatusException">More than allowed.</exception>
    public static int OrDefault(uint value, int otherwise, int most, string name) =>
        value == 0 ? otherwise
        : value <= (uint)most ? (int)value
        : throw StatusException.Argument($"{name} is {value}; it may be 1 to {most}, or 0 for {otherwise}.");

    private static uint SizeOf(void* structure)
    {
        uint size = Unsafe.ReadUnaligned<uint>(structure);
        // All structures had at least two members from the first version on.
        return size is >= 2 * sizeof(uint) and <= LargestStructure
            ? size
            : throw StatusException.Argument($"struct_size is {size}; set it to sizeof the structure.");
    }
}
