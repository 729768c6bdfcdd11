using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Tests.Hostile;

/// <summary>Lists of names: fixed strings in place, variable ones in the global heap.</summary>
internal static class Attributes
{
    private const string Fixed = "k1_top.h5";
    private const string Variable = "k1_vlen.h5";

    public static IEnumerable<HostileFile> Files =>
    [
        New("attribute_version", Fixed, (d, a) => d.U8(a, 9)),
        New("attribute_name_size", Fixed, (d, a) => d.U16(a + 2, 65535)),
        New("attribute_name_size_0", Fixed, (d, a) => d.U16(a + 2, 0)),
        New("attribute_type_size", Fixed, (d, a) => d.U16(a + 4, 65535)),
        New("attribute_type_size_0", Fixed, (d, a) => d.U16(a + 4, 0)),
        New("attribute_space_size", Fixed, (d, a) => d.U16(a + 6, 65535)),
        New("attribute_renamed", Fixed, (d, a) => d.U8(a + 8, 'X')),
        New("attribute_name_not_utf8", Fixed, (d, a) => d.U8(a + 8, 0xFF)),
        New("attribute_string_size_0", Fixed, (d, a) => d.U32(Type(a) + 4, 0)),
        New("attribute_string_size_max", Fixed, (d, a) => d.U32(Type(a) + 4, uint.MaxValue)),
        New("attribute_string_size_2g", Fixed, (d, a) => d.U32(Type(a) + 4, int.MaxValue)),
        New("attribute_string_too_long", Fixed, (d, a) => d.U32(Type(a) + 4, 4000)),
        New("attribute_string_padding", Fixed, (d, a) => d.U8(Type(a) + 1, 7)),
        New("attribute_type_version", Fixed, (d, a) => d.U8(Type(a), 0xF3)),
        New("attribute_type_integer", Fixed, (d, a) => d.U8(Type(a), 0x10)),
        New("attribute_count_0", Fixed, (d, a) => d.U64(Count(a), 0)),
        New("attribute_count_one_less", Fixed, (d, a) => d.U64(Count(a), d.Get64(Count(a)) - 1)),
        New("attribute_count_one_more", Fixed, (d, a) => d.U64(Count(a), d.Get64(Count(a)) + 1)),
        New("attribute_count_2_40", Fixed, (d, a) => d.U64(Count(a), 1UL << 40)),
        New("attribute_count_max", Fixed, (d, a) => d.U64(Count(a), ulong.MaxValue)),
        New("attribute_rank_32", Fixed, (d, a) => d.U8(Count(a) - 7, 32)),
        New("attribute_rank_255", Fixed, (d, a) => d.U8(Count(a) - 7, 255)),
        New("attribute_rank_0", Fixed, (d, a) => d.U8(Count(a) - 7, 0)),
        New("names_twice", Fixed, (d, _) => Names(d, "block1_conv1", "block1_conv2")),
        New("names_not_utf8", Fixed, (d, _) => Names(d, "block1_conv1", "\uFFFDlock1_conv1")),
        New("names_empty", Fixed, (d, _) => Names(d, "block1_conv1", new string('\0', 12))),
        New("names_parent", Fixed, (d, _) => Names(d, "block1_conv1", "../../../etc")),
        New("names_root", Fixed, (d, _) => Names(d, "block1_conv1", "////////////")),
        New("names_deep", Fixed, (d, _) => Names(d, "block1_conv1", "a/a/a/a/a/a/")),
        New("names_of_nothing", Fixed, (d, _) => Names(d, "block1_conv1", "block9_conv9")),
        New("names_swapped_case", Fixed, (d, _) => Names(d, "block1_conv1", "BLOCK1_CONV1")),

        New("string_length_4g", Variable, (d, a) => d.U32(Data(d, a), uint.MaxValue)),
        New("string_length_2g", Variable, (d, a) => d.U32(Data(d, a), int.MaxValue)),
        New("string_length_one_more", Variable, (d, a) => d.U32(Data(d, a), 13)),
        New("string_length_0", Variable, (d, a) => d.U32(Data(d, a), 0)),
        New("string_heap_undefined", Variable, (d, a) => d.U64(Data(d, a) + 4, ulong.MaxValue)),
        New("string_heap_wild", Variable, (d, a) => d.U64(Data(d, a) + 4, 1UL << 61)),
        New("string_heap_at_end", Variable, (d, a) => d.U64(Data(d, a) + 4, (ulong)d.Bytes.Length - 10)),
        New("string_heap_is_data", Variable, (d, a) => d.U64(Data(d, a) + 4, (ulong)d.Base.Data[0].Start)),
        New("string_index_missing", Variable, (d, a) => d.U32(Data(d, a) + 12, 60_000)),
        New("string_index_max", Variable, (d, a) => d.U32(Data(d, a) + 12, uint.MaxValue)),
        New("string_index_0", Variable, (d, a) => d.U32(Data(d, a) + 12, 0)),
        New("string_index_of_next", Variable, (d, a) => d.U32(Data(d, a) + 12, 2)),
        New("string_size_3", Variable, (d, a) => d.U32(Type(a) + 4, 3)),
        New("string_sequence", Variable, (d, a) => d.U8(Type(a) + 1, 0)),
        New("strings_share_one_object", Variable, (d, a) => Share(d, a, 22, _ => 3_000_000)),
        New("strings_share_parts_of_one_object", Variable, (d, a) => Share(d, a, 22, i => 3_000_000 - i)),
        Heap("collection_signature", (d, h) => d.U8(h, 'X')),
        Heap("collection_version", (d, h) => d.U8(h + 4, 2)),
        Heap("collection_size_0", (d, h) => d.U64(h + 8, 0)),
        Heap("collection_size_8", (d, h) => d.U64(h + 8, 8)),
        Heap("collection_size_odd", (d, h) => d.U64(h + 8, 4097)),
        Heap("collection_size_2_60", (d, h) => d.U64(h + 8, 1UL << 60)),
        Heap("collection_size_max", (d, h) => d.U64(h + 8, ulong.MaxValue)),
        Heap("collection_object_size_max", (d, h) => d.U64(h + 24, ulong.MaxValue)),
        Heap("collection_object_size_2_31", (d, h) => d.U64(h + 24, 1UL << 31)),
        Heap("collection_object_size_0", (d, h) => d.U64(h + 24, 0)),
        Heap("collection_object_index_0", (d, h) => d.U16(h + 16, 0)),
        Heap("collection_object_twice", (d, h) => d.U16(h + 16, 2)),
    ];

    // Lets all names of a list be the same long string of three million letters, or as much of it.
    private static void Share(Damage damage, long attribute, int count, Func<int, int> length)
    {
        byte[] collection = new byte[32 + 3_000_000];
        collection.AsSpan().Fill((byte)'a');
        collection.AsSpan(0, 32).Clear();
        "GCOL"u8.CopyTo(collection);
        collection[4] = 1;
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(collection.AsSpan(8), collection.Length);
        collection[16] = 1;
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(collection.AsSpan(24), 3_000_000);
        ulong at = (ulong)damage.Append(collection);
        for (int i = 0; i < count; i++)
        {
            long reference = Data(damage, attribute) + (16 * i);
            damage.U32(reference, (uint)length(i));
            damage.U64(reference + 4, at);
            damage.U32(reference + 12, 1);
        }
    }

    private static HostileFile New(string name, string file, Action<Damage, long> change) =>
        new(name, file, d => change(d, d.Base.Messages("").First(m => m.Type == 0x0C).At));

    private static HostileFile Heap(string name, Action<Damage, long> change) =>
        new(name, Variable, d => change(d, d.Base.Block("the string heap", "GCOL").Start));

    // Version 1: eight bytes, the name 'layer_names' in sixteen, then datatype and shape, each filled up to eight.
    private static long Type(long attribute) => attribute + 24;

    // A fixed string's datatype is 8 bytes; rank at 1, flags at 2, sizes at 8 of the shape.
    private static long Count(long attribute) => attribute + 32 + 8;

    private static long Data(Damage damage, long attribute)
    {
        int typeSize = damage.Bytes[attribute + 4];
        int spaceSize = damage.Bytes[attribute + 6];
        return Type(attribute) + ((typeSize + 7) & ~7) + ((spaceSize + 7) & ~7);
    }

    // Replaces a name of layer_names by another of the same length, not in the group itself.
    private static void Names(Damage damage, string name, string by)
    {
        var attribute = damage.Base.Messages("").First(m => m.Type == 0x0C);
        int at = attribute.At + damage.Bytes.AsSpan(attribute.At, attribute.Length).IndexOf(System.Text.Encoding.ASCII.GetBytes(name));
        damage.Write(at, System.Text.Encoding.Latin1.GetBytes(by.Replace('\uFFFD', '\u00FF')));
    }
}
