using System.IO.Compression;
using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Tests.Hostile;

/// <summary>Chunked datasets: the version 1 tree, filters, bombs, and the newer indexes.</summary>
internal static class Chunks
{
    private const string Gzip = "s_gzip.h5";
    private const string All = "s_all_filters.h5";
    private const string Kernel = "fc1/fc1/kernel:0";

    // A key of two dimensions and the element's, and its child.
    private const int Entry = 40;

    public static IEnumerable<HostileFile> Files =>
    [
        Tree("chunks_tree_cycle", (d, t) => { d.U8(t + 5, 1); d.U64(Child(t, 0), (ulong)t); }),
        Tree("chunks_tree_level", (d, t) => d.U8(t + 5, 200)),
        Tree("chunks_tree_of_groups", (d, t) => d.U8(t + 4, 0)),
        Tree("chunks_none", (d, t) => d.U16(t + 6, 0)),
        Tree("chunks_one_less", (d, t) => d.U16(t + 6, 3)),
        Tree("chunks_one_more", (d, t) => d.U16(t + 6, 5)),
        Tree("chunks_65535", (d, t) => d.U16(t + 6, 65535)),
        Tree("chunk_size_0", (d, t) => d.U32(Key(t, 0), 0)),
        Tree("chunk_size_1", (d, t) => d.U32(Key(t, 0), 1)),
        Tree("chunk_size_one_less", (d, t) => d.U32(Key(t, 0), d.Bytes[Key(t, 0)] - 1u)),
        Tree("chunk_size_4g", (d, t) => d.U32(Key(t, 0), uint.MaxValue)),
        Tree("chunk_size_2g", (d, t) => d.U32(Key(t, 0), int.MaxValue)),
        Tree("chunk_masked", (d, t) => d.U32(Key(t, 0) + 4, 1)),
        Tree("chunk_between_places", (d, t) => d.U64(Key(t, 1) + 16, 1)),
        Tree("chunk_outside", (d, t) => d.U64(Key(t, 1) + 8, 400)),
        Tree("chunk_far_outside", (d, t) => d.U64(Key(t, 1) + 8, 1UL << 62)),
        Tree("chunk_twice", (d, t) => { d.U64(Key(t, 1) + 8, 0); d.U64(Key(t, 1) + 16, 0); }),
        Tree("chunks_share_bytes", (d, t) => d.U64(Child(t, 1), d.Get64(Child(t, 0)))),
        Tree("chunks_swapped_places", (d, t) => { d.U64(Key(t, 1) + 16, 0); d.U64(Key(t, 0) + 16, 0); }),
        Tree("chunk_undefined", (d, t) => d.U64(Child(t, 0), ulong.MaxValue)),
        Tree("chunk_wild", (d, t) => d.U64(Child(t, 0), 1UL << 63)),
        Tree("chunk_in_superblock", (d, t) => d.U64(Child(t, 0), 0)),
        Tree("chunk_in_tree", (d, t) => d.U64(Child(t, 0), (ulong)t)),
        Layout("chunked_rank_0", (d, l) => d.U8(l + 2, 0)),
        Layout("chunked_rank_200", (d, l) => d.U8(l + 2, 200)),
        Layout("chunked_undefined", (d, l) => d.U64(l + 3, ulong.MaxValue)),
        Layout("chunked_wild", (d, l) => d.U64(l + 3, 1UL << 60)),
        Layout("chunked_by_0", (d, l) => d.U32(l + 11, 0)),
        Layout("chunked_by_1", (d, l) => d.U32(l + 11, 1)),
        Layout("chunked_by_2_31", (d, l) => d.U32(l + 11, 1u << 31)),
        Layout("chunked_by_4g", (d, l) => { d.U32(l + 11, uint.MaxValue); d.U32(l + 15, uint.MaxValue); }),
        Layout("chunked_element_2", (d, l) => d.U32(l + 19, 2)),
        Filters("filters_version", (d, f) => d.U8(f, 9)),
        Filters("filters_255", (d, f) => d.U8(f + 1, 255)),
        Filters("filters_none", (d, f) => d.U8(f + 1, 0)),
        Filters("filter_unknown", (d, f) => d.U16(f + 8, 999)),
        Filters("filter_szip", (d, f) => d.U16(f + 8, 4)),
        Filters("filter_name_long", (d, f) => d.U16(f + 10, 65535)),
        Filters("filter_values_many", (d, f) => d.U16(f + 14, 65535)),
        new("filter_twice", All, d => d.Message(Kernel, 0x0B, (f, _) => d.U16(Second(d, f), d.Bytes[f + 8]))),
        new("shuffle_by_0", All, d => d.Message(Kernel, 0x0B, (f, _) => d.U32(f + 24, 0))),
        new("shuffle_by_4g", All, d => d.Message(Kernel, 0x0B, (f, _) => d.U32(f + 24, uint.MaxValue))),
        new("shuffle_by_2", All, d => d.Message(Kernel, 0x0B, (f, _) => d.U32(f + 24, 2))),
        new("gzip_bit", Gzip, d => d.U8(Data(d).Start + 12, d.Bytes[Data(d).Start + 12] ^ 4)),
        new("gzip_head", Gzip, d => d.U16(Data(d).Start, 0)),
        new("gzip_adler", Gzip, d => d.U8(Data(d).End - 1, d.Bytes[Data(d).End - 1] ^ 1)),
        new("gzip_zeros", Gzip, d => d.Fill(Data(d), 0)),
        new("gzip_of_gzip", Gzip, d => Replace(d, Deflate(Deflate(new byte[48])))),
        new("bomb_64m", Gzip, d => Replace(d, Deflate(new byte[64 << 20]))),
        new("bomb_one_byte_more", Gzip, d => Replace(d, Deflate(new byte[49]))),
        new("bomb_one_byte_less", Gzip, d => Replace(d, Deflate(new byte[47]))),
        new("bomb_of_nothing", Gzip, d => Replace(d, Deflate([]))),
        new("bomb_huge_chunk", Gzip, HugeChunk),
        new("bomb_many_chunks", Gzip, d => { Resize(d, 8000, 4000); d.Message(Kernel, 0x08, (l, _) => { d.U32(l + 11, 1); d.U32(l + 15, 1); }); }),
        new("fletcher_bit", "s_fletcher32.h5", d => d.U8(Data(d).Start, d.Bytes[Data(d).Start] ^ 1)),
        new("fletcher_sum", "s_fletcher32.h5", d => d.U8(Data(d).End - 1, d.Bytes[Data(d).End - 1] ^ 1)),
        New("fixed_client", "s_latest_fixed_gzip.h5", "FAHD", (d, b) => d.U8(b.Start + 5, 0)),
        New("fixed_element_255", "s_latest_fixed_gzip.h5", "FAHD", (d, b) => d.U8(b.Start + 6, 255)),
        New("fixed_page_bits_0", "s_latest_fixed_gzip.h5", "FAHD", (d, b) => d.U8(b.Start + 7, 0)),
        New("fixed_count_0", "s_latest_fixed_gzip.h5", "FAHD", (d, b) => d.U64(b.Start + 8, 0)),
        New("fixed_count_2_60", "s_latest_fixed_gzip.h5", "FAHD", (d, b) => d.U64(b.Start + 8, 1UL << 60)),
        New("fixed_block_wild", "s_latest_fixed_gzip.h5", "FAHD", (d, b) => d.U64(b.Start + 16, 1UL << 60)),
        New("fixed_block_itself", "s_latest_fixed_gzip.h5", "FAHD", (d, b) => d.U64(b.Start + 16, (ulong)b.Start)),
        New("fixed_owner", "s_latest_fixed_gzip.h5", "FADB", (d, b) => d.U64(b.Start + 6, 8)),
        New("fixed_chunk_wild", "s_latest_fixed_gzip.h5", "FADB", (d, b) => d.U64(b.Start + 14, 1UL << 60)),
        New("fixed_chunk_undefined", "s_latest_fixed_gzip.h5", "FADB", (d, b) => d.U64(b.Start + 14, ulong.MaxValue)),
        New("fixed_checksum", "s_latest_fixed_gzip.h5", "FADB", (d, b) => d.U8(b.Start + 14, 1), false),
        New("extensible_bits_0", "s_latest_extensible.h5", "EAHD", (d, b) => d.U8(b.Start + 7, 0)),
        New("extensible_bits_255", "s_latest_extensible.h5", "EAHD", (d, b) => d.U8(b.Start + 7, 255)),
        New("extensible_in_index_255", "s_latest_extensible.h5", "EAHD", (d, b) => d.U8(b.Start + 8, 255)),
        New("extensible_elements_3", "s_latest_extensible.h5", "EAHD", (d, b) => d.U8(b.Start + 9, 3)),
        New("extensible_pointers_0", "s_latest_extensible.h5", "EAHD", (d, b) => d.U8(b.Start + 10, 0)),
        New("extensible_pointers_128", "s_latest_extensible.h5", "EAHD", (d, b) => d.U8(b.Start + 10, 128)),
        New("extensible_page_bits_255", "s_latest_extensible.h5", "EAHD", (d, b) => d.U8(b.Start + 11, 255)),
        New("extensible_count_2_60", "s_latest_extensible.h5", "EAHD", (d, b) => d.U64(b.Start + 44, 1UL << 60)),
        New("extensible_count_500000", "s_latest_extensible.h5", "EAHD", (d, b) => d.U64(b.Start + 44, 500_000), harmless: true),
        New("extensible_index_wild", "s_latest_extensible.h5", "EAHD", (d, b) => d.U64(b.Start + 60, 1UL << 60)),
        New("extensible_block_is_header", "s_latest_extensible.h5", "EAIB", (d, b) => d.U64(b.Start + 46, (ulong)d.Base.Block("the chunk index", "EAHD").Start)),
        New("extensible_chunk_twice", "s_latest_extensible.h5", "EAIB", (d, b) => d.U64(b.Start + 22, d.Get64(b.Start + 14))),
        New("tree2_type", "s_latest_tree2_gzip.h5", "BTHD", (d, b) => d.U8(b.Start + 5, 10)),
        New("tree2_node_size_0", "s_latest_tree2_gzip.h5", "BTHD", (d, b) => d.U32(b.Start + 6, 0)),
        New("tree2_node_size_4g", "s_latest_tree2_gzip.h5", "BTHD", (d, b) => d.U32(b.Start + 6, uint.MaxValue)),
        New("tree2_record_size_0", "s_latest_tree2_gzip.h5", "BTHD", (d, b) => d.U16(b.Start + 10, 0)),
        New("tree2_record_size_20", "s_latest_tree2_gzip.h5", "BTHD", (d, b) => d.U16(b.Start + 10, 20)),
        New("tree2_depth_65535", "s_latest_tree2_gzip.h5", "BTHD", (d, b) => d.U16(b.Start + 12, 65535)),
        New("tree2_depth_5", "s_latest_tree2_gzip.h5", "BTHD", (d, b) => d.U16(b.Start + 12, 5)),
        New("tree2_root_wild", "s_latest_tree2_gzip.h5", "BTHD", (d, b) => d.U64(b.Start + 16, 1UL << 60)),
        New("tree2_root_itself", "s_latest_tree2_gzip.h5", "BTHD", (d, b) => d.U64(b.Start + 16, (ulong)b.Start)),
        New("tree2_root_count", "s_latest_tree2_gzip.h5", "BTHD", (d, b) => d.U16(b.Start + 24, 65535)),
        New("tree2_total_0", "s_latest_tree2_gzip.h5", "BTHD", (d, b) => d.U64(b.Start + 26, 0)),
        New("tree2_total_2_60", "s_latest_tree2_gzip.h5", "BTHD", (d, b) => d.U64(b.Start + 26, 1UL << 60)),
    ];

    private static HostileFile Tree(string name, Action<Damage, long> change) =>
        new(name, Gzip, d => change(d, d.Base.Block($"the chunk index of '{Kernel}'", "TREE").Start));

    private static HostileFile Layout(string name, Action<Damage, long> change) =>
        new(name, Gzip, d => d.Message(Kernel, 0x08, (at, _) => change(d, at)));

    private static HostileFile Filters(string name, Action<Damage, long> change) =>
        new(name, Gzip, d => d.Message(Kernel, 0x0B, (at, _) => change(d, at)));

    private static HostileFile New(string name, string file, string signature, Action<Damage, Extent> change, bool seal = true, bool harmless = false) => new(name, file, d =>
    {
        Extent block = d.Base.Block("the chunk index", signature);
        change(d, block);
        if (seal)
        {
            d.Seal(block);
        }
    }, harmless);

    private static long Key(long tree, int index) => tree + 24 + (Entry * index);

    private static long Child(long tree, int index) => Key(tree, index) + 32;

    // Shuffle comes first: an ID, three lengths, a name of eight, one value and its filling.
    private static long Second(Damage damage, long filters) => filters + 8 + 8 + damage.Bytes[filters + 10] + 8;

    private static Extent Data(Damage damage) => damage.Base.Data.First(e => e.What.Contains(Kernel, StringComparison.Ordinal));

    private static byte[] Deflate(byte[] plain)
    {
        using MemoryStream memory = new();
        using (ZLibStream stream = new(memory, CompressionLevel.Optimal, true))
        {
            stream.Write(plain);
        }

        return memory.ToArray();
    }

    // Lets the first chunk be these bytes.
    private static void Replace(Damage damage, byte[] stored)
    {
        long tree = damage.Base.Block($"the chunk index of '{Kernel}'", "TREE").Start;
        damage.U64(Child(tree, 0), (ulong)damage.Append(stored));
        damage.U32(Key(tree, 0), (uint)stored.Length);
    }

    private static void Resize(Damage damage, ulong rows, ulong columns) => damage.Message(Kernel, 0x01, (s, _) =>
    {
        for (int i = 0; i < 2; i++)
        {
            damage.U64(s + 8 + (16 * i), rows);
            damage.U64(s + 16 + (16 * i), columns);
        }
    });

    // One chunk of a gigabyte of zeros in a megabyte.
    private static void HugeChunk(Damage damage)
    {
        Resize(damage, 16384, 16384);
        damage.Message(Kernel, 0x08, (l, _) =>
        {
            damage.U32(l + 11, 16384);
            damage.U32(l + 15, 16384);
        });
        Replace(damage, Deflate(new byte[1 << 20]));
    }
}
