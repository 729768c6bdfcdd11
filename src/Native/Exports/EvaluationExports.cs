using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VggCuda.Engine.Backends;
using VggCuda.Engine.Rendering;
using VggCuda.Kernels;
using VggCuda.Native.Abi;
using VggCuda.Native.Handles;
using VggCuda.Native.Resources;

namespace VggCuda.Native.Exports;

/// <summary>vggcuda.h: what the network takes pictures for, an objective and its gradient, which parts the answer rests on.</summary>
internal static unsafe class EvaluationExports
{
    [UnmanagedCallersOnly(EntryPoint = "vgg_predictor_open", CallConvs = [typeof(CallConvCdecl)])]
    public static Status OpenPredictor(ulong network, ulong device, PredictorOptions* options, ulong* predictor) => Call.Run(() =>
    {
        Memory.Require(predictor, "handle");
        PredictorOptions read = Memory.Read(options);
        *predictor = Open(network, device, (n, d) => new PredictorResource(n, d, read));
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_predictor_run", CallConvs = [typeof(CallConvCdecl)])]
    public static Status RunPredictor(ulong predictor, float* pictures, nuint pictureValues, ClassPrediction* predictions, nuint* count) => Call.Run(() =>
    {
        using Loan<PredictorResource> loan = HandleTable.Take<PredictorResource>(predictor);
        Memory.Require(count, "count");
        Memory.Require(pictures, "pictures");
        int needed = loan.Resource.CountFor(pictureValues);
        if (predictions is null || *count < (nuint)needed)
        {
            // Told without computing.
            Memory.Fill<ClassPrediction>(new ClassPrediction[needed], predictions, count);
            return;
        }

        using Turn turn = new(loan.Resource.Device);
        Memory.Fill<ClassPrediction>(loan.Resource.Run(new ReadOnlySpan<float>(pictures, (int)pictureValues)), predictions, count);
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_gradient_open", CallConvs = [typeof(CallConvCdecl)])]
    public static Status OpenGradient(ulong network, ulong device, byte* objective, GradientOptions* options, ulong* gradient) => Call.Run(() =>
    {
        Memory.Require(gradient, "handle");
        GradientOptions read = Memory.Read(options);
        string text = Text.Require(objective, "objective");
        *gradient = Open(network, device, (n, d) => new GradientResource(n, d, text, read));
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_gradient_shape", CallConvs = [typeof(CallConvCdecl)])]
    public static Status GradientShape(ulong gradient, long* shape) => Call.Run(() =>
    {
        using Loan<GradientResource> loan = HandleTable.Take<GradientResource>(gradient);
        Memory.Require(shape, "shape");
        TensorShape own = loan.Resource.Gradient.Shape;
        (shape[0], shape[1], shape[2], shape[3]) = (own.N, own.H, own.W, own.C);
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_gradient_run", CallConvs = [typeof(CallConvCdecl)])]
    public static Status RunGradient(ulong gradient, float* pictures, nuint pictureValues, double* values, nuint valueCount, float* gradients, nuint gradientValues) => Call.Run(() =>
    {
        using Loan<GradientResource> loan = HandleTable.Take<GradientResource>(gradient);
        TensorShape shape = loan.Resource.Gradient.Shape;
        Span<float> input = Memory.Array(pictures, pictureValues, shape.Count, "values of pictures");
        Span<double> found = Memory.Array(values, valueCount, values is null ? 0 : shape.N, "values");
        Span<float> output = Memory.Array(gradients, gradientValues, gradients is null ? 0 : shape.Count, "values of gradients");
        using Turn turn = new(loan.Resource.Device);
        loan.Resource.Gradient.Evaluate(input, found, output);
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_gradient_run_dlpack", CallConvs = [typeof(CallConvCdecl)])]
    public static Status RunGradientDlPack(ulong gradient, DlManagedTensor* pictures, double* values, nuint valueCount, DlManagedTensor** gradients) => Call.Run(() =>
    {
        using Loan<GradientResource> loan = HandleTable.Take<GradientResource>(gradient);
        TensorShape shape = loan.Resource.Gradient.Shape;
        Span<double> found = Memory.Array(values, valueCount, values is null ? 0 : shape.N, "values");
        if (DlPack.IsOnGpu(pictures) && loan.Resource.Gpu is { } gpu)
        {
            using Turn own = new(loan.Resource.Device);
            RunOnGpu(loan.Resource.Gradient, gpu, pictures, found, gradients);
            return;
        }

        ReadOnlySpan<float> input = DlPack.Read(pictures, shape);
        using Turn turn = new(loan.Resource.Device);
        if (gradients is null)
        {
            loan.Resource.Gradient.Evaluate(input, found, []);
            return;
        }

        DlManagedTensor* made = DlPack.Create([shape.N, shape.H, shape.W, shape.C]);
        try
        {
            loan.Resource.Gradient.Evaluate(input, found, DlPack.Values(made));
            *gradients = made;
            made = null;
        }
        finally
        {
            DlPack.Free(made);
        }
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_attribution_methods_count", CallConvs = [typeof(CallConvCdecl)])]
    public static Status MethodsCount(nuint* count) => Call.Run(() =>
    {
        Memory.Require(count, "count");
        *count = (nuint)Engine.Attribution.AttributionMethods.Names.Length;
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_attribution_methods_name", CallConvs = [typeof(CallConvCdecl)])]
    public static Status MethodsName(nuint index, byte* text, nuint* size) => Call.Run(() =>
    {
        int count = Engine.Attribution.AttributionMethods.Names.Length;
        Text.Write(index < (nuint)count ? Engine.Attribution.AttributionMethods.Names[(int)index] : throw StatusException.Argument($"There is no method {index}; there are {count}."), text, size);
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_attributor_open", CallConvs = [typeof(CallConvCdecl)])]
    public static Status OpenAttributor(ulong network, ulong device, byte* method, AttributorOptions* options, ulong* attributor) => Call.Run(() =>
    {
        Memory.Require(attributor, "handle");
        AttributorOptions read = Memory.Read(options);
        string text = Text.Require(method, "method");
        *attributor = Open(network, device, (n, d) => new AttributorResource(n, d, text, read));
    });

    [UnmanagedCallersOnly(EntryPoint = "vgg_attributor_run", CallConvs = [typeof(CallConvCdecl)])]
    public static Status RunAttributor(ulong attributor, float* pictures, nuint pictureValues, int* classes, nuint classCount, float* maps, nuint mapValues, AttributionResult* facts, nuint factCount) => Call.Run(() =>
    {
        using Loan<AttributorResource> loan = HandleTable.Take<AttributorResource>(attributor);
        Memory.Require(pictures, "pictures");
        int count = loan.Resource.CountOf(pictureValues);
        Span<int> asked = Memory.Array(classes, classCount, classes is null ? 0 : classCount == 1 ? 1 : count, "classes");
        Span<float> map = Memory.Array(maps, mapValues, (long)pictureValues / 3, "values of maps");
        Span<AttributionResult> found = Memory.Array(facts, factCount, facts is null ? 0 : count, "facts");
        using Turn turn = new(loan.Resource.Device);
        CancellationTokenSource cancellation = loan.Resource.Owner.Begin();
        try
        {
            AttributionResult[] results = loan.Resource.Run(new ReadOnlySpan<float>(pictures, (int)pictureValues), asked, map, cancellation.Token);
            if (!found.IsEmpty)
            {
                results.CopyTo(found);
            }
        }
        finally
        {
            loan.Resource.Owner.Finish();
        }
    });

    // The picture is read where it lies, and the gradient written where it stays.
    private static void RunOnGpu(ObjectiveGradient gradient, CudaBackend gpu, DlManagedTensor* pictures, Span<double> values, DlManagedTensor** gradients)
    {
        TensorShape shape = gradient.Shape;
        using ITensor input = DlPack.Wrap(pictures, shape, gpu);
        DlManagedTensor* made = gradients is null ? null : DlPack.Create([shape.N, shape.H, shape.W, shape.C], gpu.Device);
        try
        {
            using ITensor? output = made is null ? null : gpu.Wrap((ulong)made->Tensor.Data, shape);
            ITensor found = gradient.Evaluate(input, output);
            if (!values.IsEmpty)
            {
                gpu.Download(found, values);
            }

            gpu.Synchronize();
            if (made is not null)
            {
                *gradients = made;
                made = null;
            }
        }
        finally
        {
            DlPack.Free(made);
        }
    }

    // Opened on the device, which must be at rest meanwhile.
    private static ulong Open(ulong network, ulong device, Func<NetworkResource, DeviceResource, Resource> create)
    {
        using Loan<NetworkResource> weights = HandleTable.Take<NetworkResource>(network);
        using Loan<DeviceResource> place = HandleTable.Take<DeviceResource>(device);
        using Turn turn = new(place.Resource);
        return HandleTable.Add(create(weights.Resource, place.Resource));
    }
}
