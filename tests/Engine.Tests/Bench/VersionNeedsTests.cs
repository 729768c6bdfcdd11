using System.Text;
using VggCuda.Peers.LibTorch;

namespace VggCuda.Engine.Tests.Bench;

/// <summary>The one bit that lets an older loader take a library, on a library of a few hundred bytes.</summary>
public class VersionNeedsTests
{
    private const string New = "GLIBCXX_3.4.32";
    private const string Start = "_ZSt21ios_base_library_initv";

    [Fact]
    public void Only_the_version_asked_for_becomes_weak()
    {
        byte[] before = Library(Start);
        byte[] after = [.. before];
        Assert.True(VersionNeeds.Weaken(after, New, Start));
        int at = Assert.Single(Enumerable.Range(0, before.Length), i => before[i] != after[i]);
        Assert.Equal(FlagsOf(before, entry: 2), at);
        Assert.Equal((0, 2), (before[at], after[at]));

        byte[] again = [.. after];
        Assert.False(VersionNeeds.Weaken(again, New, Start));
        Assert.Equal(after, again);
    }

    [Fact]
    public void A_library_that_asks_for_no_such_version_stays()
    {
        byte[] file = Library(Start);
        Assert.False(VersionNeeds.Weaken(file, "GLIBCXX_3.4.33", Start));
        Assert.Equal(Library(Start), file);
    }

    [Fact]
    public void Another_symbol_of_that_version_forbids_it()
    {
        byte[] file = Library("_ZNSt6vectorIiE4growEv");
        Assert.Contains("_ZNSt6vectorIiE4growEv", Assert.Throws<InvalidDataException>(() => VersionNeeds.Weaken(file, New, Start)).Message, StringComparison.Ordinal);
        Assert.Equal(Library("_ZNSt6vectorIiE4growEv"), file);
    }

    [Fact]
    public void Whatever_is_cut_off_is_refused()
    {
        byte[] file = Library(Start);
        for (int length = 0; length < file.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => VersionNeeds.Weaken(file.AsSpan(0, length), New, Start));
        }
    }

    [Fact]
    public void Whatever_byte_is_wrong_at_most_one_flag_changes_or_it_is_refused()
    {
        byte[] file = Library(Start);
        int refused = 0;
        for (int i = 0; i < file.Length; i++)
        {
            foreach (byte value in (byte[])[0, 1, 0x7F, 0xFF])
            {
                byte[] broken = [.. file];
                broken[i] = value;
                byte[] changed = [.. broken];
                try
                {
                    VersionNeeds.Weaken(changed, New, Start);
                    Assert.True(broken.Zip(changed).Count(p => p.First != p.Second) <= 1);
                }
                catch (InvalidDataException)
                {
                    refused++;
                    Assert.Equal(broken, changed);
                }
            }
        }

        Assert.True(refused > 100);
    }

    [Fact]
    public void A_chain_that_bites_its_tail_ends()
    {
        byte[] file = Library(Start);
        // The second library's entries: 65535 of them, each its own successor, none of the name.
        BitConverter.GetBytes((ushort)65535).CopyTo(file, NeedsAt + 32 + 2);
        BitConverter.GetBytes(0u).CopyTo(file, NeedsAt + 48 + 12);
        Assert.Throws<InvalidDataException>(() => VersionNeeds.Weaken(file, New, Start));
    }

    private const int NeedsAt = 64;

    private static int FlagsOf(byte[] file, int entry)
    {
        Assert.True(file.Length > NeedsAt);
        return NeedsAt + (entry switch { 0 => 16, 1 => 48, _ => 64 }) + 4;
    }

    // Header; needed versions (libc: GLIBC_2.4 as 2; libstdc++: GLIBCXX_3.4.30 as 3, GLIBCXX_3.4.32 as 4); names; symbols; their versions; section headers.
    private static byte[] Library(string newest)
    {
        List<byte> names = [0];
        uint Name(string text)
        {
            int at = names.Count;
            names.AddRange(Encoding.ASCII.GetBytes(text));
            names.Add(0);
            return (uint)at;
        }

        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        void Need(ushort count, string file, uint next)
        {
            writer.Write((ushort)1);
            writer.Write(count);
            writer.Write(Name(file));
            writer.Write(16u);
            writer.Write(next);
        }

        void Version(ushort index, string name, uint next)
        {
            writer.Write(0u);
            writer.Write((ushort)0);
            writer.Write(index);
            writer.Write(Name(name));
            writer.Write(next);
        }

        writer.Write(new byte[64]);
        Need(1, "libc.so.6", 32);
        Version(2, "GLIBC_2.4", 0);
        Need(2, "libstdc++.so.6", 0);
        Version(3, "GLIBCXX_3.4.30", 16);
        Version(4, New, 0);
        int symbolsAt = (int)stream.Position;
        foreach (string symbol in (string[])["", "memcpy", newest])
        {
            writer.Write(symbol.Length == 0 ? 0 : Name(symbol));
            writer.Write(new byte[20]);
        }

        int versionsAt = (int)stream.Position;
        foreach (ushort version in (ushort[])[0, 2, 4])
        {
            writer.Write(version);
        }

        int namesAt = (int)stream.Position;
        writer.Write(names.ToArray());
        int headersAt = (int)stream.Position;
        void Section(uint kind, int offset, int size, uint link)
        {
            writer.Write(0u);
            writer.Write(kind);
            writer.Write(new byte[16]);
            writer.Write((long)offset);
            writer.Write((long)size);
            writer.Write(link);
            writer.Write(new byte[20]);
        }

        Section(0, 0, 0, 0);
        Section(3, namesAt, names.Count, 0);
        Section(11, symbolsAt, versionsAt - symbolsAt, 1);
        Section(0x6FFFFFFF, versionsAt, namesAt - versionsAt, 2);
        Section(0x6FFFFFFE, NeedsAt, symbolsAt - NeedsAt, 1);
        byte[] file = stream.ToArray();
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(file);
        BitConverter.GetBytes((long)headersAt).CopyTo(file, 40);
        BitConverter.GetBytes((ushort)64).CopyTo(file, 58);
        BitConverter.GetBytes((ushort)5).CopyTo(file, 60);
        return file;
    }
}
