namespace VggCuda.Kernels.Tests.Ptx;

/// <summary>What the translator knows: instructions that are one call of a function of tests/FakeCuda/ptx_operations.h, and PTX's types.</summary>
internal static class PtxOpcodes
{
    // Instructions without their types | operands: a of the instruction's type, w twice as wide, u .u32, p .pred | types.
    // What rounds to nearest or approximates is a function of the plain name.
    private const string Table = """
        add sub                                   | aa   | i16 i32 i64 f16 f16x2 f32 f64
        add.rn sub.rn mul.rn mul                  | aa   | f16 f16x2 f32 f64
        mul.lo mul.hi                             | aa   | i16 i32 i64
        mul.wide                                  | aa   | i16 i32
        mad.lo mad.hi                             | aaa  | i16 i32 i64
        mad.wide                                  | aaw  | i16 i32
        fma.rn                                    | aaa  | f16 f16x2 f32 f64
        div                                       | aa   | i16 i32 i64
        div.rn                                    | aa   | f32 f64
        div.approx div.full                       | aa   | f32
        rem                                       | aa   | i16 i32 i64
        min max                                   | aa   | i16 i32 i64 f16 f16x2 f32 f64
        abs neg                                   | a    | s16 s32 s64 f16 f16x2 f32 f64
        sqrt.rn rcp.rn                            | a    | f32 f64
        sqrt.approx rcp.approx                    | a    | f32
        rsqrt.approx                              | a    | f32 f64
        ex2.approx lg2.approx sin.approx cos.approx | a  | f32
        copysign                                  | aa   | f32 f64
        testp.finite testp.infinite testp.number testp.notanumber testp.normal testp.subnormal | a | f32 f64
        and or xor                                | aa   | pred b16 b32 b64
        not                                       | a    | pred b16 b32 b64
        cnot                                      | a    | b16 b32 b64
        shl                                       | au   | b16 b32 b64
        shr                                       | au   | b16 b32 b64 i16 i32 i64
        shf.l.wrap shf.r.wrap shf.l.clamp shf.r.clamp | aau | b32
        lop3                                      | aaau | b32
        bfe                                       | auu  | i32 i64
        bfi                                       | aauu | b32 b64
        bfind bfind.shiftamt                      | a    | i32 i64
        brev popc clz                             | a    | b32 b64
        prmt                                      | aau  | b32
        selp                                      | aap  | b16 b32 b64 i16 i32 i64 f32 f64
        """;

    private static readonly Dictionary<string, (string Function, string Operands)> Known = Read();

    /// <summary>Comparisons of setp.</summary>
    public static readonly string[] Comparisons = ["eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan"];

    /// <summary>Operations of atom and red, each with the number of its operands beside the address.</summary>
    public static readonly Dictionary<string, int> Atomics = new() { ["add"] = 1, ["min"] = 1, ["max"] = 1, ["and"] = 1, ["or"] = 1, ["xor"] = 1, ["exch"] = 1, ["inc"] = 1, ["dec"] = 1, ["cas"] = 2 };

    /// <summary>Modes of shfl and vote, by the names that the machine has for them.</summary>
    public static readonly Dictionary<string, string> Exchanges = new() { ["up"] = "up", ["down"] = "down", ["bfly"] = "butterfly", ["idx"] = "index", ["ballot"] = "ballot", ["all"] = "all", ["any"] = "any", ["uni"] = "uniform" };

    /// <summary>Bytes of a type, or 0 where it is none.</summary>
    public static int Size(string type) => type switch
    {
        "pred" or "b8" or "u8" or "s8" => 1,
        "b16" or "u16" or "s16" or "f16" => 2,
        "b32" or "u32" or "s32" or "f32" or "f16x2" => 4,
        "b64" or "u64" or "s64" or "f64" => 8,
        _ => 0,
    };

    /// <summary>The C++ type that an instruction computes in.</summary>
    public static string Computed(string type) => type == "pred" ? "bool" : type[0] == 'b' ? "u" + type[1..] : type;

    /// <summary>The C++ type of a register; halves are kept as bits.</summary>
    public static string Register(string type) => type is "f16" or "f16x2" ? $"u{Size(type) * 8}" : type[0] == 's' ? "u" + type[1..] : Computed(type);

    /// <summary>The function for an instruction without types, of a type, with the kinds of its operands.</summary>
    public static bool TryFind(string head, string type, out (string Function, string Operands) found) => Known.TryGetValue($"{head} {type}", out found);

    private static Dictionary<string, (string Function, string Operands)> Read()
    {
        Dictionary<string, (string Function, string Operands)> known = [];
        foreach (string row in Table.Split('\n'))
        {
            string[] columns = row.Split('|', StringSplitOptions.TrimEntries);
            foreach (string head in columns[0].Split(' '))
            {
                string[] words = head.Split('.');
                string function = words[^1] is "rn" or "approx" or "full" ? words[0] : string.Join('_', words);
                foreach (string type in columns[2].Split(' '))
                {
                    foreach (string one in type[0] == 'i' ? (string[])["s" + type[1..], "u" + type[1..]] : [type])
                    {
                        known.Add($"{head} {one}", ("op_" + function, columns[1]));
                    }
                }
            }
        }

        return known;
    }
}
