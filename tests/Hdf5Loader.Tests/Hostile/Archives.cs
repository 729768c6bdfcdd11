using System.Buffers.Binary;

namespace VggCuda.Hdf5Loader.Tests.Hostile;

/// <summary>.keras archives: the end record, the directory, the member's own header.</summary>
internal static class Archives
{
    private const string Zip = "k3_top.keras";

    public static IEnumerable<HostileFile> Files =>
    [
        New("zip_cut", (d, end) => d.Cut(d.Bytes.Length - 10)),
        New("zip_half", (d, end) => d.Cut(d.Bytes.Length / 2)),
        New("zip_head_only", (d, end) => d.Cut(4)),
        New("zip_comment_length", (d, end) => d.U16(end + 20, 9)),
        New("zip_count_0", (d, end) => d.U16(end + 10, 0)),
        New("zip_count_9", (d, end) => d.U16(end + 10, 9)),
        New("zip_count_65535", (d, end) => d.U16(end + 10, 65535)),
        New("zip_directory_4g", (d, end) => d.U32(end + 12, uint.MaxValue - 1)),
        New("zip_directory_0", (d, end) => d.U32(end + 12, 0)),
        New("zip_directory_wild", (d, end) => d.U32(end + 16, 0x7FFFFFFF)),
        New("zip_directory_shifted", (d, end) => d.U32(end + 16, Directory(d, end) + 1)),
        New("zip_64", (d, end) => d.U32(end + 16, uint.MaxValue)),
        New("zip_member_encrypted", (d, end) => d.U16(Member(d, end) + 8, 1)),
        New("zip_member_deflated", (d, end) => d.U16(Member(d, end) + 10, 8)),
        New("zip_member_crc", (d, end) => d.U8(Member(d, end) + 16, d.Bytes[Member(d, end) + 16] ^ 1)),
        New("zip_member_sizes_differ", (d, end) => d.U32(Member(d, end) + 20, 5)),
        New("zip_member_shorter", (d, end) => { d.U32(Member(d, end) + 20, 5000); d.U32(Member(d, end) + 24, 5000); }),
        New("zip_member_longer", (d, end) => { d.U32(Member(d, end) + 20, 0x7FFFFFFF); d.U32(Member(d, end) + 24, 0x7FFFFFFF); }),
        New("zip_member_empty", (d, end) => { d.U32(Member(d, end) + 20, 0); d.U32(Member(d, end) + 24, 0); }),
        New("zip_member_name_long", (d, end) => d.U16(Member(d, end) + 28, 65535)),
        New("zip_member_extra_long", (d, end) => d.U16(Member(d, end) + 30, 65535)),
        New("zip_member_renamed", (d, end) => d.U8(Member(d, end) + 46, 'X')),
        New("zip_member_at_0", (d, end) => d.U32(Member(d, end) + 42, 0)),
        New("zip_member_wild", (d, end) => d.U32(Member(d, end) + 42, 0x7FFFFFFF)),
        New("zip_member_header_name", (d, end) => d.U8(d.Base.Start - 20 - 16, 'X')),
        New("zip_member_bit", (d, end) => d.U8(d.Base.Data[0].Start, d.Bytes[d.Base.Data[0].Start] ^ 1)),
        New("zip_member_bit_in_structure", (d, end) => d.U8(d.Base.Start + 100, d.Bytes[d.Base.Start + 100] ^ 1)),
    ];

    private static HostileFile New(string name, Action<Damage, int> change) => new(name, Zip, d => change(d, d.Bytes.AsSpan().LastIndexOf("PK\u0005\u0006"u8)));

    private static uint Directory(Damage damage, int end) => BinaryPrimitives.ReadUInt32LittleEndian(damage.Bytes.AsSpan(end + 16));

    private static int Member(Damage damage, int end)
    {
        int directory = (int)Directory(damage, end);
        return directory + damage.Bytes.AsSpan(directory).IndexOf("model.weights.h5"u8) - 46;
    }
}
