using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Tests.Hostile;

/// <summary>Structures with checksums: the checksum itself, and what lies behind it once it has been made right.</summary>
internal static class NewStructures
{
    private const string Latest = "s_latest_contiguous.h5";
    private const string Dense = "s_dense.h5";
    private const string Kernel = "fc1/fc1/kernel:0";

    public static IEnumerable<HostileFile> Files =>
    [
        Super("new_superblock_version_4", d => d.U8(8, 4)),
        Super("new_superblock_sizes", d => d.U16(9, 0x0202)),
        Super("new_superblock_open_for_writing", d => d.U8(11, 1)),
        Super("new_superblock_swmr", d => d.U8(11, 4)),
        Super("new_superblock_base", d => d.U64(12, 8)),
        Super("new_superblock_end_2_60", d => d.U64(28, 1UL << 60)),
        Super("new_superblock_end_0", d => d.U64(28, 0)),
        Super("new_superblock_root_wild", d => d.U64(36, 1UL << 60)),
        Super("new_superblock_root_undefined", d => d.U64(36, ulong.MaxValue)),
        Super("new_superblock_root_itself", d => d.U64(36, 0)),
        new("new_superblock_checksum", Latest, d => d.U8(44, d.Bytes[44] ^ 1)),
        new("new_header_checksum", Latest, d => { long h = d.Base.Headers[Kernel]; d.U8(h + 20, d.Bytes[h + 20] ^ 16); }),
        new("new_header_version", Latest, d => d.U8(d.Base.Headers[Kernel] + 4, 3)),
        new("new_header_flags", Latest, d => d.U8(d.Base.Headers[Kernel] + 5, 0xFF)),
        new("new_header_size_wild", Latest, d => { long h = d.Base.Headers[Kernel]; d.U8(h + 5, d.Bytes[h + 5] | 3); }),
        Message("new_layout_undefined", 0x08, (d, m) => d.U64(m + 2, ulong.MaxValue)),
        Message("new_layout_wild", 0x08, (d, m) => d.U64(m + 2, 1UL << 62)),
        Message("new_layout_in_superblock", 0x08, (d, m) => d.U64(m + 2, 0)),
        Message("new_layout_virtual", 0x08, (d, m) => d.U8(m + 1, 3)),
        Message("new_shape_null", 0x01, (d, m) => d.U8(m + 3, 2)),
        Message("new_shape_scalar", 0x01, (d, m) => d.U8(m + 3, 0)),
        Message("new_shape_huge", 0x01, (d, m) => d.U64(m + 4, 1UL << 60)),
        Message("new_message_unknown", 0x05, (d, m) => d.U8(m - 4, 0x40)),
        Message("new_message_external", 0x05, (d, m) => d.U8(m - 4, 0x07)),
        Message("new_message_continues_in_itself", 0x05, (d, m) => d.U8(m - 4, 0x10)),
        Link("link_version", (d, m) => d.U8(m, 9)),
        Link("link_flags", (d, m) => d.U8(m + 1, 0xFF)),
        Link("link_name_0", (d, m) => d.U8(m + 2, 0)),
        Link("link_name_255", (d, m) => d.U8(m + 2, 255)),
        Link("link_not_utf8", (d, m) => d.U8(m + 3, 0xFF)),
        Link("link_renamed", (d, m) => d.U8(m + 3, 'x')),
        Link("link_wild", (d, m) => d.U64(m + 3 + d.Bytes[m + 2], 1UL << 61)),
        Link("link_undefined", (d, m) => d.U64(m + 3 + d.Bytes[m + 2], ulong.MaxValue)),
        Link("link_to_root", (d, m) => d.U64(m + 3 + d.Bytes[m + 2], 48)),
        Heap("heap_id_length", (d, h) => d.U16(h + 5, 1)),
        Heap("heap_filtered", (d, h) => d.U16(h + 7, 4)),
        Heap("heap_max_managed_0", (d, h) => d.U32(h + 10, 0)),
        Heap("heap_width_0", (d, h) => d.U16(h + 110, 0)),
        Heap("heap_width_65535", (d, h) => d.U16(h + 110, 65535)),
        Heap("heap_start_3", (d, h) => d.U64(h + 112, 3)),
        Heap("heap_start_0", (d, h) => d.U64(h + 112, 0)),
        Heap("heap_start_2_40", (d, h) => d.U64(h + 112, 1UL << 40)),
        Heap("heap_max_direct_2_40", (d, h) => d.U64(h + 120, 1UL << 40)),
        Heap("heap_bits_65535", (d, h) => d.U16(h + 128, 65535)),
        Heap("heap_bits_0", (d, h) => d.U16(h + 128, 0)),
        Heap("heap_root_wild", (d, h) => d.U64(h + 132, 1UL << 60)),
        Heap("heap_root_itself", (d, h) => d.U64(h + 132, (ulong)h)),
        Heap("heap_root_none", (d, h) => d.U64(h + 132, ulong.MaxValue)),
        Heap("heap_rows_0", (d, h) => d.U16(h + 140, 0)),
        Heap("heap_rows_65535", (d, h) => d.U16(h + 140, 65535)),
        Indirect("indirect_cycle", (d, b) => { for (int i = 0; i < 8; i++) { d.U64(b.Start + 17 + (8 * i), (ulong)b.Start); } }),
        Indirect("indirect_child_wild", (d, b) => d.U64(b.Start + 17, 1UL << 60)),
        Indirect("indirect_child_gone", (d, b) => d.U64(b.Start + 17, ulong.MaxValue)),
        Indirect("indirect_child_twice", (d, b) => d.U64(b.Start + 25, d.Get64(b.Start + 17))),
        Indirect("indirect_owner", (d, b) => d.U64(b.Start + 5, 0)),
        Indirect("indirect_offset", (d, b) => d.U8(b.Start + 13, 1)),
        new("heap_block_bit", Dense, d => { Extent b = d.Base.Block("a block of the heap", "FHDB"); d.U8(b.Start + 60, d.Bytes[b.Start + 60] ^ 1); }),
        Index("index_depth", (d, b) => d.U16(b.Start + 12, 3)),
        Index("index_total", (d, b) => d.U64(b.Start + 26, 50)),
        Index("index_total_max", (d, b) => d.U64(b.Start + 26, ulong.MaxValue)),
        Index("index_of_attributes", (d, b) => d.U8(b.Start + 5, 8)),
        Index("index_root_is_heap", (d, b) => d.U64(b.Start + 16, (ulong)d.Base.Block("the heap of", "FRHP").Start)),
        Node("node_id_huge_object", "BTLF", (d, b) => d.U8(b.Start + 10, 0x10)),
        Node("node_id_tiny", "BTLF", (d, b) => d.U8(b.Start + 10, 0x2F)),
        Node("node_id_version", "BTLF", (d, b) => d.U8(b.Start + 10, 0xC0)),
        Node("node_id_wild", "BTLF", (d, b) => d.U32(b.Start + 11, uint.MaxValue)),
        Node("node_id_long", "BTLF", (d, b) => d.U16(b.Start + 15, 65535)),
        Node("node_type", "BTLF", (d, b) => d.U8(b.Start + 5, 9)),
        Node("node_version", "BTLF", (d, b) => d.U8(b.Start + 4, 9)),
        Node("node_children_equal", "BTIN", Equal),
        Node("node_child_itself", "BTIN", (d, b) => d.U64(Children(d, b), (ulong)b.Start)),
        Node("node_child_wild", "BTIN", (d, b) => d.U64(Children(d, b), 1UL << 60)),
        Node("node_child_count", "BTIN", (d, b) => d.U8(Children(d, b) + 8, 255)),
    ];

    private static HostileFile Super(string name, Action<Damage> change) => new(name, Latest, d =>
    {
        change(d);
        d.Seal(0, 48);
    });

    private static HostileFile Message(string name, int type, Action<Damage, long> change) =>
        new(name, Latest, d => d.Message(Kernel, type, (at, _) => change(d, at)));

    private static HostileFile Link(string name, Action<Damage, long> change) =>
        new(name, Latest, d => d.Message("fc1", 0x06, (at, _) => change(d, at)));

    private static HostileFile Heap(string name, Action<Damage, long> change) => Sealed(name, "the heap of the links", "FRHP", (d, b) => change(d, b.Start));

    private static HostileFile Indirect(string name, Action<Damage, Extent> change) => Sealed(name, "an indirect block", "FHIB", change);

    private static HostileFile Index(string name, Action<Damage, Extent> change) => Sealed(name, "the index of the links", "BTHD", change);

    private static HostileFile Node(string name, string signature, Action<Damage, Extent> change) => Sealed(name, "the index of the links", signature, change);

    private static HostileFile Sealed(string name, string what, string signature, Action<Damage, Extent> change) => new(name, Dense, d =>
    {
        Extent block = d.Base.Block(what, signature);
        change(d, block);
        d.Seal(block);
    });

    // Behind the records, whose number the tree's header gives for its root.
    private static long Children(Damage damage, Extent root) => root.Start + 6 + (11 * damage.Bytes[damage.Base.Block("the index of the links", "BTHD").Start + 24]);

    private static void Equal(Damage damage, Extent root)
    {
        long first = Children(damage, root);
        damage.Write(first + 9, damage.Bytes.AsSpan((int)first, 9).ToArray());
    }
}
