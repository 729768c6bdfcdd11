namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The compiled variants of <see cref="GemmKernel{TLanes, TVector, TStride, TColumns, TRows}"/>, by columns and rows.</summary>
internal static unsafe class GemmKernels<TLanes, TVector, TStride>
    where TLanes : ILanes<TVector>
    where TVector : struct
    where TStride : ICount
{
    /// <summary>The kernel for a number of columns (vectors, 1 or 2) and rows (1 to 14).</summary>
    public static delegate*<float*, float*, float*, int, int, int, nint, bool, void> For(int columns, int rows) => (columns, rows) switch
    {
        (1, 1) => &GemmKernel<TLanes, TVector, TStride, N1, N1>.Run,
        (1, 2) => &GemmKernel<TLanes, TVector, TStride, N1, N2>.Run,
        (1, 3) => &GemmKernel<TLanes, TVector, TStride, N1, N3>.Run,
        (1, 4) => &GemmKernel<TLanes, TVector, TStride, N1, N4>.Run,
        (1, 5) => &GemmKernel<TLanes, TVector, TStride, N1, N5>.Run,
        (1, 6) => &GemmKernel<TLanes, TVector, TStride, N1, N6>.Run,
        (1, 7) => &GemmKernel<TLanes, TVector, TStride, N1, N7>.Run,
        (1, 8) => &GemmKernel<TLanes, TVector, TStride, N1, N8>.Run,
        (1, 9) => &GemmKernel<TLanes, TVector, TStride, N1, N9>.Run,
        (1, 10) => &GemmKernel<TLanes, TVector, TStride, N1, N10>.Run,
        (1, 11) => &GemmKernel<TLanes, TVector, TStride, N1, N11>.Run,
        (1, 12) => &GemmKernel<TLanes, TVector, TStride, N1, N12>.Run,
        (1, 13) => &GemmKernel<TLanes, TVector, TStride, N1, N13>.Run,
        (1, 14) => &GemmKernel<TLanes, TVector, TStride, N1, N14>.Run,
        (2, 1) => &GemmKernel<TLanes, TVector, TStride, N2, N1>.Run,
        (2, 2) => &GemmKernel<TLanes, TVector, TStride, N2, N2>.Run,
        (2, 3) => &GemmKernel<TLanes, TVector, TStride, N2, N3>.Run,
        (2, 4) => &GemmKernel<TLanes, TVector, TStride, N2, N4>.Run,
        (2, 5) => &GemmKernel<TLanes, TVector, TStride, N2, N5>.Run,
        (2, 6) => &GemmKernel<TLanes, TVector, TStride, N2, N6>.Run,
        (2, 7) => &GemmKernel<TLanes, TVector, TStride, N2, N7>.Run,
        (2, 8) => &GemmKernel<TLanes, TVector, TStride, N2, N8>.Run,
        (2, 9) => &GemmKernel<TLanes, TVector, TStride, N2, N9>.Run,
        (2, 10) => &GemmKernel<TLanes, TVector, TStride, N2, N10>.Run,
        (2, 11) => &GemmKernel<TLanes, TVector, TStride, N2, N11>.Run,
        (2, 12) => &GemmKernel<TLanes, TVector, TStride, N2, N12>.Run,
        (2, 13) => &GemmKernel<TLanes, TVector, TStride, N2, N13>.Run,
        (2, 14) => &GemmKernel<TLanes, TVector, TStride, N2, N14>.Run,
        _ => throw new ArgumentOutOfRangeException(nameof(rows)),
    };
}

internal readonly struct N1 : ICount
{
    public static int Value => 1;
}

internal readonly struct N2 : ICount
{
    public static int Value => 2;
}

internal readonly struct N3 : ICount
{
    public static int Value => 3;
}

internal readonly struct N4 : ICount
{
    public static int Value => 4;
}

internal readonly struct N5 : ICount
{
    public static int Value => 5;
}

internal readonly struct N6 : ICount
{
    public static int Value => 6;
}

internal readonly struct N7 : ICount
{
    public static int Value => 7;
}

internal readonly struct N8 : ICount
{
    public static int Value => 8;
}

internal readonly struct N9 : ICount
{
    public static int Value => 9;
}

internal readonly struct N10 : ICount
{
    public static int Value => 10;
}

internal readonly struct N11 : ICount
{
    public static int Value => 11;
}

internal readonly struct N12 : ICount
{
    public static int Value => 12;
}

internal readonly struct N13 : ICount
{
    public static int Value => 13;
}

internal readonly struct N14 : ICount
{
    public static int Value => 14;
}

internal readonly struct N16 : ICount
{
    public static int Value => 16;
}

/// <summary>16, from another thread's cache.</summary>
internal readonly struct Far16 : ICount
{
    public static int Value => 16;
}
