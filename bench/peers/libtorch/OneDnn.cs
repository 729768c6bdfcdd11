using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace VggCuda.Peers.LibTorch;

/// <summary>oneDNN's convolution called by name: filters packed once for their sizes, ReLU in the same pass.</summary>
/// <remarks>The operators that PyTorch's compiler puts in the place of convolutions with frozen weights; TorchSharp has no name for them.</remarks>
internal static partial class OneDnn
{
    // TorchScript only as the way to operators without a TorchSharp name: one operator each, nothing to fuse.
    private static readonly jit.CompilationUnit Script = jit.compile("""
        def pack(w: Tensor, n: int, c: int, h: int, s: int) -> Tensor:
            return torch.mkldnn_reorder_conv2d_weight(w.to_mkldnn(), [1, 1], [1, 1], [1, 1], 1, [n, c, h, s])
        def masked(g: Tensor, y: Tensor) -> Tensor:
            return torch.threshold_backward(g, y, 0, grad_input=g)
        def pool(x: Tensor) -> Tuple[Tensor, Tensor]:
            return torch.max_pool2d_with_indices(x, [2, 2])
        def spread(g: Tensor, x: Tensor, i: Tensor) -> Tensor:
            return torch.max_pool2d_with_indices_backward(g, x, [2, 2], [2, 2], [0, 0], [1, 1], False, i)

        """);

    private static readonly long[] Ones = [1, 1];

    /// <summary>Filters (out, in, 3, 3) in oneDNN's own layout for an input of the given shape.</summary>
    public static Tensor Pack(Tensor filters, long batch, long inputs, long height, long width) =>
        (Tensor)Script.invoke("pack", filters, batch, inputs, height, width);

    /// <summary>Overwrites a gradient by 0 where the ReLU's output was not above zero.</summary>
    public static void Mask(Tensor gradient, Tensor output) => ((Tensor)Script.invoke("masked", gradient, output)).Dispose();

    /// <summary>The maxima of 2 x 2 windows and where they were.</summary>
    public static (Tensor Output, Tensor Places) Pool(Tensor x) => ((Tensor, Tensor))Script.invoke("pool", x);

    /// <summary>The gradient to what was pooled.</summary>
    public static Tensor Spread(Tensor gradient, Tensor x, Tensor places) => (Tensor)Script.invoke("spread", gradient, x, places);

    /// <summary>A 3 x 3 convolution, padded by one.</summary>
    /// <param name="x">(n, in, h, w).</param>
    /// <param name="filters">(out, in, 3, 3), packed or not.</param>
    /// <param name="bias">(out) or null.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    public static unsafe Tensor Convolve(Tensor x, Tensor filters, Tensor? bias, bool relu)
    {
        nint biasHandle = bias?.Handle ?? 0;
        int code;
        nint result;
        fixed (long* ones = Ones)
        fixed (byte* attribute = relu ? "relu\0"u8 : "none\0"u8)
        {
            code = ConvolvePointwise(x.Handle, filters.Handle, bias is null ? null : &biasHandle, ones, 2, ones, 2, ones, 2, 1, attribute, null, 0, null, &result);
        }

        GC.KeepAlive(x);
        GC.KeepAlive(filters);
        GC.KeepAlive(bias);
        return code == 0 ? Tensor.UnsafeCreateTensor(result) : throw new InvalidOperationException("oneDNN's convolution failed; its message is on standard error.");
    }

    /// <summary>The BLAS that libtorch brings.</summary>
    public static unsafe string MklVersion()
    {
        Span<byte> text = stackalloc byte[256];
        fixed (byte* start = text)
        {
            MklGetVersionString(start, text.Length - 1);
        }

        string said = System.Text.Encoding.ASCII.GetString(text[..text.IndexOf((byte)0)]);
        const string Mark = "Version ";
        return said.IndexOf(Mark, StringComparison.Ordinal) is var at and >= 0 ? "MKL " + said[(at + Mark.Length)..].Split('-', ' ')[0] : said;
    }

    [LibraryImport("libtorch_cpu.so", EntryPoint = "MKL_Get_Version_String")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial void MklGetVersionString(byte* buffer, int length);

    // libtorch's C interface for compiled models (aoti_torch/c/shim_cpu.h); a handle is an at::Tensor*, as TorchSharp's are.
    [LibraryImport("libtorch_cpu.so", EntryPoint = "aoti_torch_cpu_mkldnn__convolution_pointwise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int ConvolvePointwise(nint x, nint w, nint* b, long* padding, long paddings, long* stride, long strides, long* dilation, long dilations, long groups, byte* attribute, double** scalars, long scalarCount, byte** algorithm, nint* result);
}
