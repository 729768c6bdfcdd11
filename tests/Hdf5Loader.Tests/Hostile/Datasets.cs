using VggCuda.Hdf5Loader.Format;

namespace VggCuda.Hdf5Loader.Tests.Hostile;

/// <summary>Shapes, datatypes and places of contiguous datasets.</summary>
internal static class Datasets
{
    private const string Kernel = "fc1/fc1_W_1:0";

    public static IEnumerable<HostileFile> Files =>
    [
        Shape("shape_version", (d, s) => d.U8(s, 9)),
        Shape("shape_rank_0", (d, s) => d.U8(s + 1, 0)),
        Shape("shape_rank_1", (d, s) => d.U8(s + 1, 1)),
        Shape("shape_rank_255", (d, s) => d.U8(s + 1, 255)),
        Shape("shape_flags", (d, s) => d.U8(s + 2, 0xFE)),
        Shape("shape_0", (d, s) => d.U64(s + 8, 0)),
        Shape("shape_1", (d, s) => d.U64(s + 8, 1)),
        Shape("shape_one_more", (d, s) => d.U64(s + 8, 9)),
        Shape("shape_swapped", (d, s) => { d.U64(s + 8, 5); d.U64(s + 16, 8); }),
        Shape("shape_2_31", (d, s) => d.U64(s + 8, 1UL << 31)),
        Shape("shape_2_32", (d, s) => d.U64(s + 8, 1UL << 32)),
        Shape("shape_2_62", (d, s) => d.U64(s + 8, 1UL << 62)),
        Shape("shape_overflow", (d, s) => { d.U64(s + 8, 1UL << 33); d.U64(s + 16, 1UL << 33); }),
        Shape("shape_overflow_to_right", (d, s) => { d.U64(s + 8, (1UL << 63) + 20); d.U64(s + 16, 2); }),
        Shape("shape_max", (d, s) => { d.U64(s + 8, ulong.MaxValue); d.U64(s + 16, ulong.MaxValue); }),
        Shape("shape_over_maximum", (d, s) => d.U64(s + 24, 3)),
        Type("type_version", (d, t) => d.U8(t, 0x91)),
        Type("type_integer", (d, t) => d.U8(t, 0x10)),
        Type("type_string", (d, t) => d.U8(t, 0x13)),
        Type("type_compound", (d, t) => d.U8(t, 0x16)),
        Type("type_array", (d, t) => d.U8(t, 0x1A)),
        Type("type_big_endian", (d, t) => d.U8(t + 1, d.Bytes[t + 1] | 1)),
        Type("type_vax", (d, t) => d.U8(t + 1, d.Bytes[t + 1] | 0x41)),
        Type("type_sign_elsewhere", (d, t) => d.U8(t + 2, 0)),
        Type("type_size_0", (d, t) => d.U32(t + 4, 0)),
        Type("type_size_8", (d, t) => d.U32(t + 4, 8)),
        Type("type_size_max", (d, t) => d.U32(t + 4, uint.MaxValue)),
        Type("type_offset", (d, t) => d.U16(t + 8, 1)),
        Type("type_precision", (d, t) => d.U16(t + 10, 16)),
        Type("type_exponent_place", (d, t) => d.U8(t + 12, 22)),
        Type("type_exponent_size", (d, t) => d.U8(t + 13, 7)),
        Type("type_mantissa_size", (d, t) => d.U8(t + 15, 10)),
        Type("type_bias", (d, t) => d.U32(t + 16, 126)),
        Layout("layout_version_0", (d, l) => d.U8(l, 0)),
        Layout("layout_version_1", (d, l) => d.U8(l, 1)),
        Layout("layout_version_5", (d, l) => d.U8(l, 5)),
        Layout("layout_kind_7", (d, l) => d.U8(l + 1, 7)),
        Layout("layout_compact", (d, l) => d.U8(l + 1, 0)),
        Layout("layout_chunked", (d, l) => d.U8(l + 1, 2)),
        Layout("layout_virtual", (d, l) => d.U8(l + 1, 3)),
        Layout("layout_undefined", (d, l) => d.U64(l + 2, ulong.MaxValue)),
        Layout("layout_wild", (d, l) => d.U64(l + 2, 1UL << 63)),
        Layout("layout_overflow", (d, l) => d.U64(l + 2, ulong.MaxValue - 8)),
        Layout("layout_behind_end", (d, l) => d.U64(l + 2, (ulong)d.Bytes.Length)),
        Layout("layout_across_end", (d, l) => d.U64(l + 2, (ulong)d.Bytes.Length - 8)),
        Layout("layout_in_superblock", (d, l) => d.U64(l + 2, 0)),
        Layout("layout_in_root_header", (d, l) => d.U64(l + 2, 96)),
        Layout("layout_in_own_header", (d, l) => d.U64(l + 2, (ulong)d.Base.Headers[Kernel])),
        Layout("layout_in_tree", (d, l) => d.U64(l + 2, (ulong)d.Base.Block("a B-tree node of the root group", "TREE").Start)),
        Layout("layout_in_other_tensor", (d, l) => d.U64(l + 2, (ulong)d.Base.Data[2].Start)),
        Layout("layout_four_bytes_off", (d, l) => d.U64(l + 2, d.Get64(l + 2) + 4)),
        Layout("layout_size_0", (d, l) => d.U64(l + 10, 0)),
        Layout("layout_size_small", (d, l) => d.U64(l + 10, 156)),
        Layout("layout_size_large", (d, l) => d.U64(l + 10, 164)),
        Layout("layout_size_max", (d, l) => d.U64(l + 10, ulong.MaxValue)),
        new("data_nan", "k1_top.h5", d => d.U32(Data(d), 0x7FC00000)),
        new("data_infinite", "k1_top.h5", d => d.U32(Data(d), 0xFF800000)),
        new("data_zeros", "k1_top.h5", d => d.Fill(d.Base.Data.First(e => e.What.Contains(Kernel, StringComparison.Ordinal)), 0)),
        new("data_ones", "k1_top.h5", d => d.Fill(d.Base.Data.First(e => e.What.Contains(Kernel, StringComparison.Ordinal)), 255)),
        new("double_range", "t_f64.h5", d => d.U64(d.Base.Data[0].Start, 0x7FE0000000000000)),
        new("half_infinite", "t_f16.h5", d => d.U16(d.Base.Data[0].Start, 0x7C00)),
    ];

    private static long Data(Damage damage) => damage.Base.Data.First(e => e.What.Contains(Kernel, StringComparison.Ordinal)).Start;

    private static HostileFile Shape(string name, Action<Damage, long> change) => At(name, 0x01, change);

    private static HostileFile Type(string name, Action<Damage, long> change) => At(name, 0x03, change);

    private static HostileFile Layout(string name, Action<Damage, long> change) => At(name, 0x08, change);

    private static HostileFile At(string name, int type, Action<Damage, long> change) =>
        new(name, "k1_top.h5", d => d.Message(Kernel, type, (at, _) => change(d, at)));
}
