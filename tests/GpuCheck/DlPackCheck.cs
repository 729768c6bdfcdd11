using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using VggCuda.Engine.Backends;
using VggCuda.Kernels;
using VggCuda.Native.Abi;
using VggCuda.Native.Exports;

namespace VggCuda.GpuCheck;

/// <summary>The C library's DLPack tensors on the GPU, through the functions that it exports: read in place, given in place, the bits of arrays, freed whenever their owner likes.</summary>
internal static unsafe class DlPackCheck
{
    private const int OnGpu = 2;
    private const int Batch = 3;

    public static void Run(Settings settings, CheckResult result)
    {
        ulong network;
        ulong device;
        ulong gradient;
        GradientOptions options = new() { StructSize = (uint)sizeof(GradientOptions), Batch = Batch };
        delegate* unmanaged[Cdecl]<byte*, byte*, ulong*, Status> openNetwork = &NetworkExports.Open;
        delegate* unmanaged[Cdecl]<byte*, uint, ulong*, Status> openDevice = &DeviceExports.Open;
        delegate* unmanaged[Cdecl]<ulong, ulong, byte*, GradientOptions*, ulong*, Status> openGradient = &EvaluationExports.OpenGradient;
        delegate* unmanaged[Cdecl]<ulong, float*, nuint, double*, nuint, float*, nuint, Status> run = &EvaluationExports.RunGradient;
        delegate* unmanaged[Cdecl]<ulong, Status> close = &LibraryExports.Close;
        Demand(openNetwork(null, null, &network));
        fixed (byte* name = Text(string.Create(CultureInfo.InvariantCulture, $"cuda:{settings.Device}")))
        {
            Demand(openDevice(name, 0, &device));
        }

        fixed (byte* objective = "block4_conv2:3 - 0.5*predictions:20\0"u8)
        {
            Demand(openGradient(network, device, objective, &options, &gradient));
        }

        long* sizes = stackalloc long[4];
        delegate* unmanaged[Cdecl]<ulong, long*, Status> shapeOf = &EvaluationExports.GradientShape;
        Demand(shapeOf(gradient, sizes));
        TensorShape shape = new((int)sizes[0], (int)sizes[1], (int)sizes[2], (int)sizes[3]);
        float[] pictures = [.. Enumerable.Range(0, (int)shape.Count).Select(i => (float)(128 + (90 * Math.Sin(i * 0.37))))];
        float[] others = [.. pictures.Select(v => 255 - v)];
        result.Columns("what", "found");

        // The embedder's own memory, a buffer and a backend of its own on the same GPU.
        using CudaBackend backend = settings.Open();
        using CudaBuffer memory = CudaBuffer.Allocate(backend.Device, shape.Count * sizeof(float));
        using ITensor own = backend.Wrap(memory.Address, shape);
        DlManagedTensor input = new()
        {
            Version = new DlVersion { Major = 1 },
            Tensor = new DlTensor
            {
                Data = (void*)memory.Address,
                Device = new DlDevice { DeviceType = OnGpu, DeviceId = settings.Device },
                Dimensions = 4,
                Type = new DlDataType { Code = 2, Bits = 32, Lanes = 1 },
                Shape = sizes,
            },
        };
        List<ulong> given = [];
        foreach (float[] shown in (float[][])[pictures, others])
        {
            (double[] values, float[] slopes) = OfArrays(gradient, shown, run);
            backend.Upload(own, shown);
            long[] before = Copies();
            (double[] found, Given made) = OfTensors(gradient, &input);
            long[] copies = [.. Copies().Zip(before, (a, b) => a - b)];
            DlManagedTensor* output = made;
            result.Require(copies is [] or [0, 1, 0], $"copies to the device, to the host, on the device: {string.Join(", ", copies)}; one of the values is due");
            result.Require(found.AsSpan().SequenceEqual(values), "the values are others than of arrays");
            given.Add((ulong)output->Tensor.Data);
            result.Require(output->Tensor.Device is { DeviceType: OnGpu } place && place.DeviceId == settings.Device, "the gradient is not on the GPU");
            result.Require(given[^1] != memory.Address && input.Tensor.Data == (void*)memory.Address, "the gradient lies in the pictures' memory, or they were moved");
            using ITensor there = backend.Wrap(given[^1], shape);
            float[] copied = new float[shape.Count];
            backend.Download(there, copied);
            result.Require(copied.AsSpan().SequenceEqual(slopes), "the gradient has other bits than of arrays");
            backend.Download(own, copied);
            result.Require(copied.AsSpan().SequenceEqual(shown), "the pictures were changed");
            result.Row($"values of {shown[0]:F0}, ...", string.Join(", ", found));
            result.Row("copies to the device, to the host, on the device", copies.Length == 0 ? "a real driver does not count them" : string.Join(", ", copies));
            result.Row("pictures at, gradient at", $"0x{memory.Address:x}, 0x{given[^1]:x}");
            Free(output);
        }

        Refused(gradient, input, result);

        // The last one outlives all of the library, and is freed by another thread.
        (_, Given outliving) = OfTensors(gradient, &input);
        DlManagedTensor* last = outliving;
        Demand(close(gradient));
        Demand(close(device));
        Demand(close(network));
        using (ITensor kept = backend.Wrap((ulong)last->Tensor.Data, shape))
        {
            float[] copied = new float[shape.Count];
            backend.Download(kept, copied);
            result.Require(copied.Any(v => v != 0), "a gradient does not outlive what it was made with");
        }

        long free = backend.Context.MemoryInfo().Free;
        nint address = (nint)last;
        Thread other = new(() => Free((DlManagedTensor*)address));
        other.Start();
        other.Join();
        backend.Context.MakeCurrent();
        long after = backend.Context.MemoryInfo().Free;
        result.Row("freed by another thread when all was closed, bytes more free", after - free);
        result.Require(after >= free, "freeing took memory");
    }

    private static (double[] Values, float[] Slopes) OfArrays(ulong gradient, float[] pictures, delegate* unmanaged[Cdecl]<ulong, float*, nuint, double*, nuint, float*, nuint, Status> run)
    {
        double[] values = new double[Batch];
        float[] slopes = new float[pictures.Length];
        fixed (float* from = pictures, to = slopes)
        fixed (double* numbers = values)
        {
            Demand(run(gradient, from, (nuint)pictures.Length, numbers, Batch, to, (nuint)slopes.Length));
        }

        return (values, slopes);
    }

    private static (double[] Values, nint Output) TryTensors(ulong gradient, DlManagedTensor* input, out Status status)
    {
        delegate* unmanaged[Cdecl]<ulong, DlManagedTensor*, double*, nuint, DlManagedTensor**, Status> run = &EvaluationExports.RunGradientDlPack;
        double[] values = new double[Batch];
        DlManagedTensor* output = null;
        fixed (double* numbers = values)
        {
            status = run(gradient, input, numbers, Batch, &output);
        }

        return (values, (nint)output);
    }

    private static (double[] Values, Given Output) OfTensors(ulong gradient, DlManagedTensor* input)
    {
        (double[] values, nint output) = TryTensors(gradient, input, out Status status);
        Demand(status);
        return (values, new Given(output));
    }

    private static void Refused(ulong gradient, DlManagedTensor input, CheckResult result)
    {
        long* strides = stackalloc long[4] { 1, 2, 3, 4 };
        (string What, Func<DlManagedTensor, DlManagedTensor> Change)[] wrong =
        [
            ("another GPU", t => { t.Tensor.Device.DeviceId++; return t; }),
            ("not aligned", t => { t.Tensor.ByteOffset = 4; return t; }),
            ("not device memory", t => { t.Tensor.Data = (void*)16; return t; }),
            ("half precision", t => { t.Tensor.Type.Bits = 16; return t; }),
        ];
        foreach ((string what, Func<DlManagedTensor, DlManagedTensor> change) in wrong)
        {
            DlManagedTensor other = change(input);
            (_, nint output) = TryTensors(gradient, &other, out Status status);
            result.Require(status == Status.Argument && output == 0, $"{what}: {status}");
        }

        input.Tensor.Strides = strides;
        (_, nint none) = TryTensors(gradient, &input, out Status strided);
        result.Require(strided == Status.Argument && none == 0, $"strides: {strided}");
    }

    // Calls so far, of the stand-in, which counts them.
    private static long[] Copies()
    {
        if (Environment.GetEnvironmentVariable("VGGCUDA_LIBCUDA") is not { } path || !NativeLibrary.TryLoad(path, out nint library) || !NativeLibrary.TryGetExport(library, "fakecuda_calls", out nint calls))
        {
            return [];
        }

        return [.. ((string[])["cuMemcpyHtoDAsync_v2", "cuMemcpyDtoHAsync_v2", "cuMemcpyDtoDAsync_v2"]).Select(name =>
        {
            fixed (byte* text = Text(name))
            {
                return (long)((delegate* unmanaged[Cdecl]<byte*, CLong>)calls)(text).Value;
            }
        })];
    }

    private static void Free(DlManagedTensor* tensor) => tensor->Deleter(tensor);

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text + "\0");

    private static void Demand(Status status)
    {
        if (status != Status.Ok)
        {
            throw new InvalidOperationException($"{status}: {Call.LastError}");
        }
    }

    // A pointer is no type argument, so a tuple cannot have one.
    private readonly record struct Given(nint Address)
    {
        public static implicit operator DlManagedTensor*(Given given) => (DlManagedTensor*)given.Address;
    }
}
