using System.Buffers.Binary;
using System.Text;

namespace VggCuda.Peers.LibTorch;

/// <summary>Marks one needed symbol version of a 64-bit little-endian ELF library weak, so that a loader goes on where its system lacks it.</summary>
/// <remarks>
/// glibc's loader refuses a library when a version it needs is missing, even if no symbol of that version is ever used; a weak need it only
/// warns of (Linux Standard Base, symbol versioning: VER_FLG_WEAK). Nothing is changed unless the only symbols of that version are the ones named.
/// Every offset is checked against the file, every chain is bounded by its section.
/// </remarks>
internal static class VersionNeeds
{
    private const uint DynamicSymbols = 11;
    private const uint Needs = 0x6FFFFFFE;
    private const uint SymbolVersions = 0x6FFFFFFF;
    private const int MaximumSections = 4096;
    private const ushort Weak = 2;

    private readonly record struct Section(uint Kind, int Offset, int Size, int Link);

    /// <summary>Marks the need for <paramref name="version"/> weak.</summary>
    /// <param name="file">The whole library; two bytes of it are changed at most.</param>
    /// <param name="version">For example GLIBCXX_3.4.32.</param>
    /// <param name="symbol">The one symbol of that version that may be missing.</param>
    /// <returns>Whether a bit was changed; false where no library is asked for that version, or the need is weak already.</returns>
    /// <exception cref="InvalidDataException">Not such an ELF file, or another symbol needs the version.</exception>
    public static bool Weaken(Span<byte> file, string version, string symbol)
    {
        Section[] sections = ReadSections(file);
        (int at, int index) = FindNeed(file, sections, version);
        if (at < 0 || (Half(file, at + 4) & Weak) != 0)
        {
            return false;
        }

        CheckSymbols(file, sections, index, version, symbol);
        BinaryPrimitives.WriteUInt16LittleEndian(file[(at + 4)..], (ushort)(Half(file, at + 4) | Weak));
        return true;
    }

    private static Section[] ReadSections(ReadOnlySpan<byte> file)
    {
        if (file.Length < 64 || !file[..6].SequenceEqual("\u007fELF\u0002\u0001"u8))
        {
            throw new InvalidDataException("Not a 64-bit little-endian ELF file.");
        }

        int start = Offset(file, 40);
        int size = Half(file, 58);
        int count = Half(file, 60);
        if (size != 64 || count is 0 or > MaximumSections)
        {
            throw new InvalidDataException($"{count} section headers of {size} bytes; expected 1 to {MaximumSections} of 64.");
        }

        Section[] sections = new Section[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = Slice(file, (long)start + (i * 64L), 64);
            sections[i] = new Section(Word(header, 4), 0, 0, checked((int)Math.Min(Word(header, 40), int.MaxValue)));
            if (sections[i].Kind is DynamicSymbols or Needs or SymbolVersions or 3)
            {
                int offset = Offset(header, 24);
                int length = Offset(header, 32);
                _ = Slice(file, offset, length);
                sections[i] = sections[i] with { Offset = offset, Size = length };
            }
        }

        return sections;
    }

    // Elfxx_Verneed: version, count, file, first entry, next; Elfxx_Vernaux: hash, flags, index, name, next.
    private static (int At, int Index) FindNeed(ReadOnlySpan<byte> file, Section[] sections, string version)
    {
        if (Array.FindIndex(sections, s => s.Kind == Needs) is var which && which < 0)
        {
            return (-1, 0);
        }

        Section section = sections[which];
        ReadOnlySpan<byte> needs = file.Slice(section.Offset, section.Size);
        ReadOnlySpan<byte> names = Linked(file, sections, section);
        int left = section.Size / 16;
        long library = 0;
        do
        {
            ReadOnlySpan<byte> need = Slice(needs, library, 16);
            long entry = library + Word(need, 8);
            for (int i = Half(need, 2); i > 0; i--)
            {
                if (--left < 0)
                {
                    throw new InvalidDataException("The table of needed versions has more entries than fit in it.");
                }

                ReadOnlySpan<byte> aux = Slice(needs, entry, 16);
                if (Name(names, Word(aux, 8)) == version)
                {
                    return (section.Offset + (int)entry, Half(aux, 6) & 0x7FFF);
                }

                entry += Word(aux, 12);
            }

            library = Word(need, 12) is var next and not 0 ? library + next : -1;
        }
        while (library >= 0 && --left >= 0);
        return (-1, 0);
    }

    private static void CheckSymbols(ReadOnlySpan<byte> file, Section[] sections, int index, string version, string symbol)
    {
        if (Array.FindIndex(sections, s => s.Kind == SymbolVersions) is var which && which < 0)
        {
            throw new InvalidDataException("The file needs versions but says not for which symbols.");
        }

        Section versions = sections[which];
        Section symbols = At(sections, versions.Link, DynamicSymbols);
        ReadOnlySpan<byte> names = Linked(file, sections, symbols);
        for (int i = 0; i < versions.Size / 2; i++)
        {
            if ((Half(file, versions.Offset + (2 * i)) & 0x7FFF) == index
                && Name(names, Word(Slice(file.Slice(symbols.Offset, symbols.Size), i * 24L, 24), 0)) is var name && name != symbol)
            {
                throw new InvalidDataException($"{name} needs {version} too: it would be missing.");
            }
        }
    }

    private static Section At(Section[] sections, int index, uint kind) => index < sections.Length && sections[index].Kind == kind
        ? sections[index]
        : throw new InvalidDataException($"Section {index} is not there, or not of kind {kind}.");

    private static ReadOnlySpan<byte> Linked(ReadOnlySpan<byte> file, Section[] sections, Section section)
    {
        Section strings = At(sections, section.Link, 3);
        return file.Slice(strings.Offset, strings.Size);
    }

    private static string Name(ReadOnlySpan<byte> names, uint start)
    {
        ReadOnlySpan<byte> rest = start < names.Length ? names[(int)start..] : throw new InvalidDataException($"Name {start} lies beyond the {names.Length} bytes of names.");
        int end = rest.IndexOf((byte)0);
        return end >= 0 ? Encoding.ASCII.GetString(rest[..end]) : throw new InvalidDataException($"Name {start} does not end.");
    }

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> bytes, long start, int length) => start >= 0 && length >= 0 && start <= bytes.Length - length
        ? bytes.Slice((int)start, length)
        : throw new InvalidDataException($"{length} bytes at {start} lie beyond the {bytes.Length} there are.");

    private static int Offset(ReadOnlySpan<byte> bytes, int at)
    {
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(Slice(bytes, at, 8));
        return value <= int.MaxValue ? (int)value : throw new InvalidDataException($"{value} lies beyond the file.");
    }

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(bytes, at, 4));

    private static ushort Half(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(bytes, at, 2));
}
