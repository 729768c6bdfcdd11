using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Tests.Hostile;

/// <summary>Superblock, symbol tables, B-trees of groups, object headers of version 1.</summary>
internal static class OldStructures
{
    private const string K1 = "k1_top.h5";
    private const string Kernel = "fc1/fc1_W_1:0";
    private const ulong Undefined = ulong.MaxValue;

    public static IEnumerable<HostileFile> Files =>
    [
        New("superblock_only_signature", d => d.Cut(8)),
        New("superblock_cut", d => d.Cut(50)),
        New("superblock_cut_by_one", d => d.Cut(d.Bytes.Length - 1)),
        New("superblock_half_file", d => d.Cut(d.Bytes.Length / 2)),
        New("superblock_version_9", d => d.U8(8, 9)),
        New("superblock_version_2_of_an_old_one", d => d.U8(8, 2)),
        New("superblock_free_space_version", d => d.U8(9, 7)),
        New("superblock_address_size_0", d => d.U8(13, 0)),
        New("superblock_address_size_3", d => d.U8(13, 3)),
        New("superblock_address_size_4", d => d.U8(13, 4)),
        New("superblock_address_size_255", d => d.U8(13, 255)),
        New("superblock_length_size_2", d => d.U8(14, 2)),
        New("superblock_length_size_16", d => d.U8(14, 16)),
        New("superblock_base_address", d => d.U64(24, 512)),
        New("superblock_base_address_wild", d => d.U64(24, 1UL << 63)),
        New("superblock_end_0", d => d.U64(40, 0)),
        New("superblock_end_2_60", d => d.U64(40, 1UL << 60)),
        New("superblock_end_undefined", d => d.U64(40, Undefined)),
        New("superblock_end_too_early", d => d.U64(40, 2000)),
        New("superblock_driver", d => d.U64(48, 96)),
        New("superblock_root_undefined", d => d.U64(64, Undefined)),
        New("superblock_root_wild", d => d.U64(64, 1UL << 62)),
        New("superblock_root_is_superblock", d => d.U64(64, 0)),
        New("superblock_root_is_data", d => d.U64(64, (ulong)d.Base.Data[0].Start)),
        New("superblock_root_at_end", d => d.U64(64, (ulong)d.Bytes.Length - 4)),
        New("signature_broken", d => d.U8(3, 'X')),

        New("tree_cycle", d => Tree(d, (t, _) => { d.U8(t + 5, 1); d.U64(t + 32, (ulong)t); })),
        New("tree_level_255", d => Tree(d, (t, _) => d.U8(t + 5, 255))),
        New("tree_level_1_over_symbols", d => Tree(d, (t, _) => d.U8(t + 5, 1))),
        New("tree_of_chunks", d => Tree(d, (t, _) => d.U8(t + 4, 1))),
        New("tree_65535_entries", d => Tree(d, (t, _) => d.U16(t + 6, 65535))),
        New("tree_no_entries", d => Tree(d, (t, _) => d.U16(t + 6, 0))),
        New("tree_child_undefined", d => Tree(d, (t, _) => d.U64(t + 32, Undefined))),
        New("tree_child_wild", d => Tree(d, (t, _) => d.U64(t + 32, 1UL << 63))),
        New("tree_child_behind_end", d => Tree(d, (t, _) => d.U64(t + 32, (ulong)d.Bytes.Length - 3))),
        New("tree_child_is_data", d => Tree(d, (t, _) => d.U64(t + 32, (ulong)d.Base.Data[0].Start))),
        New("tree_same_child_twice", d => Tree(d, (t, _) => d.U64(t + 48, d.Get64(t + 32)))),
        New("tree_child_is_tree", d => Tree(d, (t, _) => d.U64(t + 32, (ulong)t))),
        New("tree_signature", d => Tree(d, (t, _) => d.U8(t, 'X'))),
        New("tree_of_another_group", d => d.Message("fc1", 0x11, (at, _) => d.U64(at, TreeOf(d, "'fc2'")))),
        New("tree_undefined", d => d.Message("fc1", 0x11, (at, _) => d.U64(at, Undefined))),
        New("heap_undefined", d => d.Message("fc1", 0x11, (at, _) => d.U64(at + 8, Undefined))),
        New("heap_of_another_group", d => d.Message("", 0x11, (at, _) => d.U64(at + 8, (ulong)d.Base.Block("the name heap of 'fc1'", "HEAP").Start))),
        New("heap_size_0", d => Heap(d, h => d.U64(h + 8, 0))),
        New("heap_size_huge", d => Heap(d, h => d.U64(h + 8, 1UL << 40))),
        New("heap_size_max", d => Heap(d, h => d.U64(h + 8, ulong.MaxValue))),
        New("heap_data_wild", d => Heap(d, h => d.U64(h + 24, 1UL << 60))),
        New("heap_data_undefined", d => Heap(d, h => d.U64(h + 24, Undefined))),
        New("heap_data_is_elsewhere", d => Heap(d, h => d.U64(h + 24, 0))),
        New("heap_version", d => Heap(d, h => d.U8(h + 4, 3))),
        New("heap_names_without_end", d => d.Fill(d.Base.Block("the name heap of the root group", null, 1), (byte)'A')),
        New("heap_names_not_utf8", d => d.Fill(d.Base.Block("the name heap of the root group", null, 1) with { Length = 40 }, 0xC3)),

        New("symbol_names_share_one_text", d =>
        {
            byte[] text = new byte[3_000_000];
            text.AsSpan(0, text.Length - 1).Fill((byte)'a');
            Heap(d, h => { d.U64(h + 24, (ulong)d.Append(text)); d.U64(h + 8, (ulong)text.Length); });
            ulong name = 0;
            foreach (Extent entries in d.Base.Structure.Where(e => e.What.Contains("a symbol table node of the root group", StringComparison.Ordinal) && e.Length > 8))
            {
                for (long at = entries.Start; at < entries.End; at += 40)
                {
                    d.U64(at, ++name);
                }
            }
        }),
        New("symbols_65535", d => Symbols(d, s => d.U16(s + 6, 65535))),
        New("symbols_none", d => Symbols(d, s => d.U16(s + 6, 0))),
        New("symbols_version", d => Symbols(d, s => d.U8(s + 4, 2))),
        New("symbol_name_outside", d => Symbols(d, s => d.U64(s + 8, 1UL << 33))),
        New("symbol_name_negative", d => Symbols(d, s => d.U64(s + 8, ulong.MaxValue))),
        New("symbol_names_twice", d => Symbols(d, s => d.U64(s + 48, d.Get64(s + 8)))),
        New("symbol_header_undefined", d => Symbols(d, s => d.U64(s + 16, Undefined))),
        New("symbol_header_wild", d => Symbols(d, s => d.U64(s + 16, 1UL << 63))),
        New("symbol_header_is_root", d => Symbols(d, s => d.U64(s + 16, 96))),
        New("symbol_header_odd", d => Symbols(d, s => d.U64(s + 16, d.Get64(s + 16) + 3))),
        New("symbol_header_of_next", d => Symbols(d, s => d.U64(s + 16, d.Get64(s + 56)))),
        New("symbol_kind_unknown", d => Symbols(d, s => d.U32(s + 24, 77))),
        New("symbol_soft_wild", d => Symbols(d, s => { d.U32(s + 24, 2); d.U32(s + 32, uint.MaxValue); })),

        New("header_version", d => Header(d, h => d.U8(h, 0))),
        New("header_size_0", d => Header(d, h => d.U32(h + 8, 0))),
        New("header_size_4g", d => Header(d, h => d.U32(h + 8, uint.MaxValue))),
        New("header_size_odd", d => Header(d, h => d.U32(h + 8, 93))),
        New("header_messages_65535", d => Header(d, h => d.U16(h + 2, 65535))),
        New("header_messages_0", d => Header(d, h => d.U16(h + 2, 0))),
        New("header_message_too_long", d => Header(d, h => d.U16(h + 18, 65528))),
        New("header_message_odd", d => Header(d, h => d.U16(h + 18, 21))),
        New("header_message_unknown", d => Header(d, h => d.U16(h + 16, 21076))),
        New("header_message_shared", d => Header(d, h => d.U8(h + 20, 2))),
        New("header_two_layouts", d => d.Message(Kernel, 0x05, (at, _) => d.U16(at - 8, 0x08))),
        New("header_no_datatype", d => d.Message(Kernel, 0x03, (at, _) => d.U16(at - 8, 0))),
        New("header_no_shape", d => d.Message(Kernel, 0x01, (at, _) => d.U16(at - 8, 0))),
        New("header_no_layout", d => d.Message(Kernel, 0x08, (at, _) => d.U16(at - 8, 0))),
        New("header_continues_in_itself", d => Continue(d, (at, block) => { d.U64(at, (ulong)block.Start); d.U64(at + 8, (ulong)block.Length); })),
        New("header_continues_wild", d => Continue(d, (at, _) => d.U64(at, 1UL << 62))),
        New("header_continues_undefined", d => Continue(d, (at, _) => d.U64(at, Undefined))),
        New("header_continues_huge", d => Continue(d, (at, _) => d.U64(at + 8, 1UL << 35))),
        New("header_continues_max", d => Continue(d, (at, _) => d.U64(at + 8, ulong.MaxValue))),
        New("header_continues_in_data", d => Continue(d, (at, _) => d.U64(at, (ulong)d.Base.Data[0].Start))),
        New("header_continues_in_pair", Pair),
        New("header_continues_in_chain", Chain),
    ];

    private static HostileFile New(string name, Action<Damage> change, bool harmless = false) => new(name, K1, change, harmless);

    private static void Tree(Damage damage, Action<long, Extent> change)
    {
        Extent tree = damage.Base.Block("a B-tree node of the root group", "TREE");
        change(tree.Start, tree);
    }

    private static ulong TreeOf(Damage damage, string group) => (ulong)damage.Base.Block($"a B-tree node of {group}", "TREE").Start;

    private static void Heap(Damage damage, Action<long> change) => change(damage.Base.Block("the name heap of the root group", "HEAP").Start);

    private static void Symbols(Damage damage, Action<long> change) => change(damage.Base.Block("a symbol table node of 'fc1'", "SNOD").Start);

    private static void Header(Damage damage, Action<long> change) => change(damage.Base.Headers[Kernel]);

    // The root's header has a continuation, because layer_names does not fit its first block.
    private static void Continue(Damage damage, Action<int, Extent> change)
    {
        var continuation = damage.Base.Messages("").First(m => m.Type == 0x10);
        change(continuation.At, new Extent("", continuation.BlockStart, continuation.BlockLength));
    }

    // Two appended blocks that continue in each other.
    private static void Pair(Damage damage)
    {
        byte[] blocks = new byte[48];
        long at = damage.Append(blocks);
        foreach ((long block, long other) in ((long, long)[])[(at, at + 24), (at + 24, at)])
        {
            damage.U16(block, 0x10);
            damage.U16(block + 2, 16);
            damage.U64(block + 8, (ulong)other);
            damage.U64(block + 16, 24);
        }

        Continue(damage, (message, _) => { damage.U64(message, (ulong)at); damage.U64(message + 8, 24); });
    }

    // 60,000 appended blocks, each of which continues in the next.
    private static void Chain(Damage damage)
    {
        const int Count = 60_000;
        long at = damage.Append(new byte[24 * Count]);
        for (int i = 0; i < Count; i++)
        {
            long block = at + (24 * i);
            damage.U16(block, 0x10);
            damage.U16(block + 2, 16);
            damage.U64(block + 8, (ulong)block + 24);
            damage.U64(block + 16, 24);
        }

        Continue(damage, (message, _) => { damage.U64(message, (ulong)at); damage.U64(message + 8, 24); });
    }
}
