using System.Runtime.Intrinsics;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The vector operations that the kernels are made of, for one instruction set and vector type.</summary>
/// <remarks>
/// Kernels are generic over this interface and are compiled once per implementation, so that the same source runs on
/// AVX-512, AVX2 and everything else. The vector type is a parameter of its own, because a struct wrapped around
/// it would keep accumulators out of registers.
/// </remarks>
internal unsafe interface ILanes<TVector>
    where TVector : struct
{
    /// <summary>Floats per vector: the width of a channel block in memory.</summary>
    static abstract int Width { get; }

    /// <summary>Largest number of rows whose accumulators (two vectors each) fit the registers.</summary>
    static abstract int MaxRows { get; }

    static abstract TVector Zero { get; }

    static abstract TVector Load(float* source);

    static abstract void Store(float* target, TVector value);

    static abstract TVector Broadcast(float* source);

    /// <summary>Asks for a cache line that will be needed soon. Never fails, whatever the address.</summary>
    static abstract void Prefetch(float* address);

    /// <summary>The same as far as the second cache, which can wait for more lines at a time than the first.</summary>
    static abstract void PrefetchSecond(float* address);

    static abstract TVector Create(float value);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a * b + c, with one rounding where the processor has it.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>c - a * b, with one rounding where the processor has it.</summary>
    static abstract TVector NegatedMultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>max(0, x), but NaN stays NaN.</summary>
    static abstract TVector Relu(TVector x);

    /// <summary>One bit per lane: x &gt; 0.</summary>
    static abstract uint PositiveBits(TVector x);

    /// <summary>Lanes whose bit is set; zero, not a product with zero, elsewhere.</summary>
    static abstract TVector Select(uint bits, TVector x);

    /// <summary>All lanes where candidate &gt; best, as bits.</summary>
    static abstract uint GreaterBits(TVector candidate, TVector best);

    /// <summary>max(a, b); which of them is returned for NaN is left open.</summary>
    static abstract TVector Max(TVector a, TVector b);

    /// <summary>All lanes where a or b is NaN, as bits.</summary>
    static abstract uint UnorderedBits(TVector a, TVector b);

    /// <summary>Sum of all lanes, always in the same order.</summary>
    static abstract float Sum(TVector x);
}

/// <summary>A number known to the compiler.</summary>
internal interface ICount
{
    static abstract int Value { get; }
}

/// <summary>AVX-512: 16 floats, 32 registers, mask registers.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<float>>
{
    public static int Width => 16;

    public static int MaxRows => 14;

    public static Vector512<float> Zero => Vector512<float>.Zero;

    private static Vector512<int> LaneBits => Vector512.Create(
        1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7, 1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15);

    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    public static void Store(float* target, Vector512<float> value) => value.Store(target);

    public static Vector512<float> Broadcast(float* source) => Vector512.Create(*source);

    public static void Prefetch(float* address) => System.Runtime.Intrinsics.X86.Sse.Prefetch0(address);

    public static void PrefetchSecond(float* address) => System.Runtime.Intrinsics.X86.Sse.Prefetch1(address);

    public static Vector512<float> Create(float value) => Vector512.Create(value);

    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.FusedMultiplyAdd(a, b, c);

    public static Vector512<float> NegatedMultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        System.Runtime.Intrinsics.X86.Avx512F.FusedMultiplyAddNegated(a, b, c);

    // The second operand of vmaxps wins where either is NaN.
    public static Vector512<float> Relu(Vector512<float> x) => System.Runtime.Intrinsics.X86.Avx512F.Max(Vector512<float>.Zero, x);

    public static uint PositiveBits(Vector512<float> x) => (uint)Vector512.GreaterThan(x, Vector512<float>.Zero).ExtractMostSignificantBits();

    public static Vector512<float> Select(uint bits, Vector512<float> x)
    {
        Vector512<int> lanes = LaneBits;
        return Vector512.ConditionalSelect(Vector512.Equals(Vector512.Create((int)bits) & lanes, lanes).AsSingle(), x, Vector512<float>.Zero);
    }

    public static uint GreaterBits(Vector512<float> candidate, Vector512<float> best) => (uint)Vector512.GreaterThan(candidate, best).ExtractMostSignificantBits();

    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => System.Runtime.Intrinsics.X86.Avx512F.Max(a, b);

    public static uint UnorderedBits(Vector512<float> a, Vector512<float> b) =>
        (uint)System.Runtime.Intrinsics.X86.Avx512F.CompareUnordered(a, b).ExtractMostSignificantBits();

    public static float Sum(Vector512<float> x) => Lanes256.Sum(x.GetLower() + x.GetUpper());
}

/// <summary>AVX2 and FMA: 8 floats, 16 registers. Beside AVX-512 it serves layers of at most 8 channels.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<float>>
{
    public static int Width => 8;

    public static int MaxRows => 6;

    public static Vector256<float> Zero => Vector256<float>.Zero;

    private static Vector256<int> LaneBits => Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);

    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    public static void Store(float* target, Vector256<float> value) => value.Store(target);

    public static Vector256<float> Broadcast(float* source) => Vector256.Create(*source);

    public static void Prefetch(float* address) => System.Runtime.Intrinsics.X86.Sse.Prefetch0(address);

    public static void PrefetchSecond(float* address) => System.Runtime.Intrinsics.X86.Sse.Prefetch1(address);

    public static Vector256<float> Create(float value) => Vector256.Create(value);

    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.FusedMultiplyAdd(a, b, c);

    public static Vector256<float> NegatedMultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        System.Runtime.Intrinsics.X86.Fma.MultiplyAddNegated(a, b, c);

    public static Vector256<float> Relu(Vector256<float> x) => System.Runtime.Intrinsics.X86.Avx.Max(Vector256<float>.Zero, x);

    public static uint PositiveBits(Vector256<float> x) => Vector256.GreaterThan(x, Vector256<float>.Zero).ExtractMostSignificantBits();

    public static Vector256<float> Select(uint bits, Vector256<float> x)
    {
        Vector256<int> lanes = LaneBits;
        return Vector256.Equals(Vector256.Create((int)bits) & lanes, lanes).AsSingle() & x;
    }

    public static uint GreaterBits(Vector256<float> candidate, Vector256<float> best) => Vector256.GreaterThan(candidate, best).ExtractMostSignificantBits();

    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => System.Runtime.Intrinsics.X86.Avx.Max(a, b);

    public static uint UnorderedBits(Vector256<float> a, Vector256<float> b) =>
        System.Runtime.Intrinsics.X86.Avx.CompareUnordered(a, b).ExtractMostSignificantBits();

    public static float Sum(Vector256<float> x) => Lanes128.Sum(x.GetLower() + x.GetUpper());
}

/// <summary>Everything else: 4 floats by the runtime's portable vectors (SSE, NEON, WebAssembly, or plain scalar code).</summary>
internal readonly unsafe struct Lanes128 : ILanes<Vector128<float>>
{
    public static int Width => 4;

    public static int MaxRows => 6;

    public static Vector128<float> Zero => Vector128<float>.Zero;

    private static Vector128<int> LaneBits => Vector128.Create(1, 2, 4, 8);

    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    public static void Store(float* target, Vector128<float> value) => value.Store(target);

    public static Vector128<float> Broadcast(float* source) => Vector128.Create(*source);

    public static void Prefetch(float* address)
    {
        if (System.Runtime.Intrinsics.X86.Sse.IsSupported)
        {
            System.Runtime.Intrinsics.X86.Sse.Prefetch0(address);
        }
    }

    public static void PrefetchSecond(float* address)
    {
        if (System.Runtime.Intrinsics.X86.Sse.IsSupported)
        {
            System.Runtime.Intrinsics.X86.Sse.Prefetch1(address);
        }
    }

    public static Vector128<float> Create(float value) => Vector128.Create(value);

    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.MultiplyAddEstimate(a, b, c);

    public static Vector128<float> NegatedMultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.MultiplyAddEstimate(-a, b, c);

    public static Vector128<float> Relu(Vector128<float> x) =>
        Vector128.ConditionalSelect(Vector128.LessThanOrEqual(x, Vector128<float>.Zero), Vector128<float>.Zero, x);

    public static uint PositiveBits(Vector128<float> x) => Vector128.GreaterThan(x, Vector128<float>.Zero).ExtractMostSignificantBits();

    public static Vector128<float> Select(uint bits, Vector128<float> x)
    {
        Vector128<int> lanes = LaneBits;
        return Vector128.Equals(Vector128.Create((int)bits) & lanes, lanes).AsSingle() & x;
    }

    public static uint GreaterBits(Vector128<float> candidate, Vector128<float> best) => Vector128.GreaterThan(candidate, best).ExtractMostSignificantBits();

    public static Vector128<float> Max(Vector128<float> a, Vector128<float> b) => Vector128.ConditionalSelect(Vector128.GreaterThan(a, b), a, b);

    public static uint UnorderedBits(Vector128<float> a, Vector128<float> b) =>
        (~(Vector128.Equals(a, a) & Vector128.Equals(b, b))).ExtractMostSignificantBits();

    public static float Sum(Vector128<float> x) => (x[0] + x[2]) + (x[1] + x[3]);
}
