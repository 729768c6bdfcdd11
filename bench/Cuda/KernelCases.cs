using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Bench.Cuda;

/// <summary>Every kernel at the sizes of VGG16: one image of the recipe, which lies in the caches, and a batch that does not.</summary>
internal sealed class KernelCases : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly CudaContext _context;
    private readonly CudaStream _stream;
    private readonly KernelLibrary _library;
    private readonly int _divisor;

    /// <summary>Prepares the kernels.</summary>
    /// <param name="context">Current.</param>
    /// <param name="stream">Where everything is queued.</param>
    /// <param name="divisor">1 for the real sizes; larger where a processor stands in for the GPU and only the way is to be tried.</param>
    public KernelCases(CudaContext context, CudaStream stream, int divisor)
    {
        _context = context;
        _stream = stream;
        _divisor = divisor;
        _library = Own(new KernelLibrary(context, stream));
    }

    /// <summary>What the ceiling is measured with: the fastest of these is called the memory's speed.</summary>
    public IEnumerable<KernelCase> Ceiling()
    {
        long count = (1L << 28) / ((long)_divisor * _divisor * _divisor);
        DevicePointer a = Floats(count), b = Floats(count);
        TensorShape shape = new(1, 1, 1, (int)count);
        ReductionScratch scratch = Own(new ReductionScratch(_stream, 1));
        Copy copy = new(_library);
        Fill fill = new(_library);
        ChannelMean mean = new(_library);
        yield return new KernelCase("copy by the driver", Megabytes(count * 4), 8 * count, () => _stream.Copy(b, a, count * 4));
        yield return new KernelCase("copy", Megabytes(count * 4), Copy.Bytes(count), () => copy.Launch(a, b, count));
        yield return new KernelCase("fill", Megabytes(count * 4), Fill.Bytes(count), () => fill.Launch(a, count, 1));
        yield return new KernelCase("sum", Megabytes(count * 4), ChannelMean.Bytes(shape), () => mean.Launch(a, 1, b, shape, scratch));
    }

    /// <summary>The image side.</summary>
    public IEnumerable<KernelCase> Images(int images)
    {
        TensorShape shape = new(images, Math.Max(32, 224 / _divisor), Math.Max(32, 224 / _divisor), 3);
        long count = shape.Count;
        DevicePointer image = Floats(count), other = Floats(count), gradient = Floats(count), cache = Floats(count);
        DevicePointer value = Floats(images), total = Floats(images), bestStep = Floats(images), step = Floats(1), shifts = Floats(images * 2);
        DevicePointer log = Floats(images * 8L);
        ReductionScratch scratch = Own(new ReductionScratch(_stream, images));
        Shift shift = new(_library);
        TotalVariation variation = new(_library);
        LpNorm norm = new(_library);
        Regularize regularize = new(_library);
        NormalizeRms normalize = new(_library);
        RmsProp optimizer = new(_library);
        KeepBest keep = new(_library);
        Adam adam = new(_library);
        Momentum momentum = new(_library);
        ShiftBackward shiftBack = new(_library);
        Warp warp = new(_library);
        Product product = new(_library);
        Sigmoid sigmoid = new(_library);
        Multiply multiply = new(_library);
        Dot dot = new(_library);
        MeanSquare square = new(_library);
        Add add = new(_library);
        Log write = new(_library);
        Advance advance = new(_library);
        Linear linear = new(_library);
        Clip clip = new(_library);
        Accumulate accumulate = new(_library);
        ScaleStep scale = new(_library);
        CopyEvery every = new(_library);
        Noise noise = new(_library);
        Polar polar = new(_library);
        Standardize standardize = new(_library);
        AbsoluteVariation absolute = new(_library);
        Decay decay = new(_library);
        Boundary boundary = new(_library);
        Direction direction = new(_library);
        Distance distance = new(_library);
        Diversity diversity = new(_library);
        Alignment alignment = new(_library);
        string size = shape.ToString();
        yield return new KernelCase("shift", size, Shift.Bytes(shape), () => shift.Launch(image, other, shifts, step, 1, shape, ShiftMode.ScipyWrap));
        yield return new KernelCase("total variation, 2", size, TotalVariation.Bytes(shape), () => variation.Launch(image, 2, 0, value, gradient, shape, scratch));
        yield return new KernelCase("total variation, 1.5", size, TotalVariation.Bytes(shape), () => variation.Launch(image, 1.5, 0, value, gradient, shape, scratch));
        yield return new KernelCase("Lp norm, 6", size, LpNorm.Bytes(shape, 6), () => norm.Launch(image, 6, 0, value, gradient, shape, scratch));
        yield return new KernelCase("Lp norm, 2.5", size, LpNorm.Bytes(shape, 2.5), () => norm.Launch(image, 2.5, 0, value, gradient, shape, scratch));
        yield return new KernelCase("Lp norm, 6, and total variation, 2, behind the norm's sums", size, Regularize.Bytes(shape), () => regularize.Launch(image, (0, value), (0, total), gradient, shape, scratch, DevicePointer.None));
        yield return new KernelCase("normalise RMS", size, NormalizeRms.Bytes(shape), () => normalize.Launch(gradient, 1e-7, shape, scratch));
        yield return new KernelCase("RMSprop", size, RmsProp.Bytes(count), () => optimizer.Launch(image, gradient, cache, shape, 0, 0.95, 1e-7, default, DevicePointer.None, StepEnd.None));
        yield return new KernelCase("Adam", size, Adam.Bytes(count), () => adam.Launch(image, gradient, cache, other, step, shape, 0, 0.9, 0.999, 1e-8, default, DevicePointer.None, StepEnd.None));
        yield return new KernelCase("momentum", size, Momentum.Bytes(count), () => momentum.Launch(image, gradient, cache, shape, 0, 0.9, default, DevicePointer.None, StepEnd.None));
        yield return new KernelCase("shift back", size, ShiftBackward.Bytes(shape), () => shiftBack.Launch(image, other, shifts, step, 1, shape, ShiftMode.ScipyWrap));
        DevicePointer maps = Put([.. Enumerable.Repeat((float[])[0.9f, -0.2f, 5, 0.2f, 0.9f, -5], images).SelectMany(m => m)]);
        yield return new KernelCase("warp", size, Warp.Bytes(shape, shape), () => warp.Forward(image, shape, other, shape, maps, step, 1, 127.5));
        yield return new KernelCase("warp back", size, Warp.Bytes(shape, shape), () => warp.Backward(image, shape, other, shape, maps, step, 1));
        DevicePointer matrix = Floats((long)shape.H * shape.H), colours = Floats(9);
        yield return new KernelCase("product, rows", size, Product.Bytes(count, count), () => product.Launch(matrix, image, other, new ProductShape(images, 1, shape.H, shape.H, shape.W * 3, false)));
        yield return new KernelCase("product, columns", size, Product.Bytes(count, count), () => product.Launch(matrix, image, other, new ProductShape(images, shape.H, shape.W, shape.W, 3, false)));
        yield return new KernelCase("product, channels", size, Product.Bytes(count, count), () => product.Launch(colours, image, other, new ProductShape(images, shape.H * shape.W, 3, 3, 1, false)));
        yield return new KernelCase("product, rows, of a multiple", size, Product.Bytes(count, count) + (4 * count), () => product.LaunchOfMultiple(matrix, image, gradient, cache, other, new ProductShape(images, 1, shape.H, shape.H, shape.W * 3, false)));
        yield return new KernelCase("product, rows, and its multiple", size, Product.Bytes(count, count) + (4 * count), () => product.LaunchAndMultiple(matrix, image, other, gradient, cache, new ProductShape(images, 1, shape.H, shape.H, shape.W * 3, false)));
        yield return new KernelCase("product, channels, and its sigmoid", size, Product.Bytes(count, count) + (4 * count), () => product.LaunchAndSigmoid(colours, image, other, cache, 0, 255, new ProductShape(images, shape.H * shape.W, 3, 3, 1, false)));
        yield return new KernelCase("multiply", size, Multiply.Bytes(shape), () => multiply.Launch(image, cache, other, shape));
        yield return new KernelCase("sigmoid", size, Sigmoid.Bytes(count), () => sigmoid.Forward(image, other, count, 0, 255));
        yield return new KernelCase("sigmoid back", size, Sigmoid.BackwardBytes(count), () => sigmoid.Backward(image, cache, other, count, 0, 255));
        yield return new KernelCase("dot", size, Dot.Bytes(shape), () => dot.Launch(image, other, 1, value, shape, scratch));
        yield return new KernelCase("mean square", size, MeanSquare.Bytes(shape), () => square.Launch(image, 0, value, gradient, shape, scratch));
        yield return new KernelCase("linear", size, Linear.Bytes(count), () => linear.Launch(image, other, count, 1, 0));
        yield return new KernelCase("clip", size, Clip.Bytes(count), () => clip.Forward(image, other, count, 0, 255));
        yield return new KernelCase("clip back", size, Clip.BackwardBytes(count), () => clip.Backward(image, cache, other, count, 0, 255));
        yield return new KernelCase("accumulate", size, Accumulate.Bytes(count), () => accumulate.Launch(image, other, count, 0));
        yield return new KernelCase("scale the step", size, ScaleStep.Bytes(count), () => scale.Launch(image, other, count, value, step, 1));
        yield return new KernelCase("copy in every step", size, CopyEvery.Bytes(count), () => every.Launch(image, other, count, step, 1));
        yield return new KernelCase("noise", size, Noise.Bytes(count), () => noise.Launch(image, other, value, step, 1, shape, 1));
        DevicePointer pairs = Floats(count * 2);
        yield return new KernelCase("phases to spectrum", size, Polar.Bytes(shape), () => polar.Forward(image, other, cache, pairs, shape));
        yield return new KernelCase("phases to spectrum, back", size, Polar.Bytes(shape), () => polar.Backward(image, other, cache, pairs, gradient, shape));
        ReductionScratch second = Own(new ReductionScratch(_stream, images));
        yield return new KernelCase("standardise", size, Standardize.Bytes(shape), () => standardize.Forward(image, other, 1e-4, shape, scratch));
        yield return new KernelCase("standardise, back", size, Standardize.BackwardBytes(shape), () => standardize.Backward(image, cache, other, 1e-4, shape, scratch, second));
        yield return new KernelCase("absolute variation", size, AbsoluteVariation.Bytes(shape), () => absolute.Launch(image, 0, value, gradient, shape, scratch));
        yield return new KernelCase("decay", size, Decay.Bytes(shape), () => decay.Launch(image, 127.5, 0, value, gradient, shape, scratch));
        yield return new KernelCase("edge, 5", size, Boundary.Bytes(shape), () => boundary.Launch(image, 5, 0.8, 127.5, 0, cache, value, gradient, shape, scratch));
        yield return new KernelCase("direction, 2", size, Direction.Bytes(shape), () => direction.Launch(image, colours, 2, 0, value, gradient, shape, scratch));
        yield return new KernelCase("distance", size, Distance.Bytes(shape), () => distance.Launch(image, other, 0, value, gradient, shape, scratch));
        if (images > 1)
        {
            DevicePointer grams = Floats(images * 9L), lengths = Floats(images * 2L);
            yield return new KernelCase("diversity", size, Diversity.Bytes(shape), () => diversity.Launch(image, images, 0, grams, lengths, value, gradient, shape));
            yield return new KernelCase("alignment", size, Alignment.Bytes(shape), () => alignment.Launch(image, images, 0, value, gradient, shape, scratch));
        }

        StepEnd end = new()
        {
            Images = images,
            Sums = [(value, total, total)],
            Lowest = total,
            KeptStep = step,
            BestTotal = value,
            BestStep = bestStep,
            Best = other,
            Copy = Floats(count),
            Log = log,
            Row = step,
            Rows = 1,
            Columns = [value, total],
            Step = step,
        };
        StepEnd kept = new() { Images = images, Lowest = total, KeptStep = step, BestTotal = value, BestStep = bestStep, Best = other };
        Division division = new(scratch.Parts, 1e-7);
        yield return new KernelCase("RMSprop, gradient divided, and the step's end", size, RmsProp.Bytes(count) + (8 * count), () => optimizer.Launch(image, gradient, cache, shape, 0, 0.95, 1e-7, division, scratch.Counters, end));
        yield return new KernelCase("keep best (none), copy, total, log and step", size, Copy.Bytes(count), () => keep.Launch(image, shape, scratch, end));
        yield return new KernelCase("keep best (none)", size, 0, () => keep.Launch(image, shape, scratch, kept));
        yield return new KernelCase("add", size, Add.Bytes(images), () => add.Launch(value, total, total, images));
        yield return new KernelCase("log", size, 0, () => write.Launch(log, step, 1, images, [value, total]));
        yield return new KernelCase("advance", size, 0, () => advance.Launch(step));
    }

    /// <summary>What lies around the convolutions.</summary>
    public IEnumerable<KernelCase> Network(int images, ElementType type)
    {
        int side = Math.Max(32, 224 / _divisor);
        int channels = Math.Max(8, (64 / _divisor) & ~7);
        int positions = side * side;
        long pixels = (long)images * positions;
        long count = pixels * channels;
        DevicePointer image = Floats(pixels * 3), wide = Numbers(pixels * 8, type), x = Numbers(count, type), dx = Numbers(count, type), y = Numbers(count / 4, type);
        DevicePointer argmax = Own(DeviceMemory.Allocate(_context, count / 16, "a bench")).Pointer;
        DevicePointer bias = Floats(channels), tap = Floats(pixels), index = Floats(images), chains = Floats((long)images * channels);
        _stream.Fill(chains, 0xffffffff, (long)images * channels);
        NetworkKernels kernels = new(_library);
        string size = $"{images} x {side} x {side}";
        string suffix = $", {Short(type)}";
        yield return new KernelCase("input" + suffix, size, NetworkInput.Bytes(pixels, type), () => kernels.Input.Forward(image, wide, pixels, Preprocessing.Vgg16, type));
        DevicePointer shifted = Floats(pixels * 3), shifts = Floats(images * 2), step = Floats(1);
        TensorShape shape = new(images, side, side, 3);
        yield return new KernelCase("shifted input" + suffix, size, ShiftedInput.Bytes(pixels, type), () => kernels.ShiftedInput.Launch(image, shifted, wide, shifts, step, 1, shape, ShiftMode.ScipyWrap, Preprocessing.Vgg16, type));
        DevicePointer views = Put([.. Enumerable.Repeat((float[])[0.9f, -0.2f, 5, 0.2f, 0.9f, -5], images).SelectMany(m => m)]);
        yield return new KernelCase("view into the network" + suffix, size, WarpedInput.Bytes(pixels, pixels, type), () => kernels.WarpedInput.Launch(image, shape, shifted, shape, wide, views, step, 1, 127.5, Preprocessing.Vgg16, type));
        yield return new KernelCase("input back" + suffix, size, NetworkInput.Bytes(pixels, type), () => kernels.Input.Backward(wide, image, pixels, Preprocessing.Vgg16, type, 1, DevicePointer.None, 0));
        ReductionScratch parts = Own(new ReductionScratch(_stream, images));
        yield return new KernelCase("input back, Lp norm's sums" + suffix, size, NetworkInput.Bytes(pixels, type) + (12 * pixels), () => kernels.Input.BackwardAndSum(wide, image, pixels, Preprocessing.Vgg16, type, 1, DevicePointer.None, 0, DevicePointer.None, 1, shifted, shape, parts));
        size += $" x {channels}";
        yield return new KernelCase("max-pool" + suffix, size, MaxPool.Bytes(count / 4, type), () => kernels.Pool.Forward(x, y, argmax, images, side, side, channels, type, DevicePointer.None, 0));
        yield return new KernelCase("max-pool back" + suffix, size, MaxPool.BackwardBytes(count / 4, type), () => kernels.Pool.Backward(y, argmax, dx, images, side, side, channels, type));
        yield return new KernelCase("bias, ReLU" + suffix, size, BiasRelu.Bytes(count, type), () => kernels.Bias.Forward(x, bias, dx, pixels, channels, true, type));
        yield return new KernelCase("ReLU back" + suffix, size, BiasRelu.BackwardBytes(count, type), () => kernels.Bias.Backward(dx, x, dx, count, type));
        yield return new KernelCase("ReLU" + suffix, size, Relu.Bytes(count, type), () => kernels.Relu.Forward(x, dx, count, type));
        yield return new KernelCase("ReLU back, guided" + suffix, size, Relu.BackwardBytes(count, ReluRule.Guided, type), () => kernels.Relu.Backward(dx, x, dx, count, ReluRule.Guided, type));
        DevicePointer all = Floats(count);
        yield return new KernelCase("tap gradient given, all" + suffix, size, TapGradient.AddBytes(images, positions, channels, channels, type), () => kernels.TapGradient.Add(all, chains, chains, dx, images, positions, channels, channels, type, 1));
        yield return new KernelCase("tap gradient read, 1" + suffix, size, TapGradient.ReadBytes(images, positions, channels, 1, type), () => kernels.TapGradient.Read(dx, index, tap, images, positions, channels, 1, type, 1, DevicePointer.None, 0));
        yield return new KernelCase("tap gather, 1" + suffix, size, Tap.GatherBytes(images, positions, channels, 1, type), () => kernels.Tap.Gather(x, index, tap, images, positions, channels, 1, type, DevicePointer.None, 0));
        TapReading reading = new(x, index, tap, images, positions, channels, 1, type, DevicePointer.None, 0);
        TapScattering back = new(tap, chains, chains, x, dx, 1);
        DevicePointer mean = Floats(images);
        yield return new KernelCase("tap gather, mean and scatter, 1" + suffix, size, Tap.GatherBytes(images, positions, channels, 1, type) + Tap.ScatterBytes(images, positions, channels, 1, true, type), () => kernels.Tap.Mean(reading, 1, mean, parts, back));
        yield return new KernelCase("tap scatter, 1" + suffix, size, Tap.ScatterBytes(images, positions, channels, 1, true, type), () => kernels.Tap.Scatter(tap, chains, chains, x, dx, images, positions, channels, 1, type, 1));
    }

    /// <summary>Dense layers of VGG16, at several shares of inputs that count.</summary>
    public IEnumerable<KernelCase> Dense(int images, ElementType type)
    {
        int inputs = (25088 / _divisor) & ~7, outputs = (4096 / _divisor) & ~7;
        DevicePointer matrix = Numbers((long)inputs * outputs, type), v = Numbers((long)images * inputs, type), y = Numbers((long)images * inputs, type);
        long scratchBytes = Math.Max(DenseColumns.ScratchBytes(images, inputs, outputs), DenseColumns.ScratchBytes(images, outputs, inputs));
        DevicePointer scratch = Own(DeviceMemory.Allocate(_context, scratchBytes, "a bench")).Pointer;
        DenseRows rows = new(_library);
        DenseColumns columns = new(_library);
        string suffix = $", {Short(type)}, batch {images}";
        foreach (int live in (int[])[5, 3])
        {
            // So many of five count; block5_pool leaves some three.
            DevicePointer sparse = Sparse(images, inputs, live, type);
            string share = live == 5 ? "all" : $"{live} in 5";
            long counting = (long)inputs * live / 5, countingOutputs = (long)outputs * live / 5;
            yield return new KernelCase("fc1 by columns" + suffix, $"{inputs} x {outputs}, {share} not 0", DenseColumns.Bytes(images, counting, inputs, outputs, type), () => columns.Launch(sparse, matrix, DevicePointer.None, DevicePointer.None, y, scratch, images, inputs, outputs, true, type));
            yield return new KernelCase("fc1 back by rows" + suffix, $"{inputs} x {outputs}, {share} masked in", DenseRows.Bytes(images, counting, outputs, type), () => rows.Launch(v, matrix, DevicePointer.None, live == 5 ? DevicePointer.None : sparse, y, images, inputs, outputs, false, type));

            // In a byte each; what numbers they are does not matter to the time.
            yield return new KernelCase("fc1 by columns, int8" + suffix, $"{inputs} x {outputs}, {share} not 0", DenseColumns.Int8Bytes(images, counting, inputs, outputs), () => columns.LaunchInt8(sparse, matrix, v, DevicePointer.None, DevicePointer.None, y, scratch, images, inputs, outputs, true, type));
            yield return new KernelCase("fc1 back by rows, int8" + suffix, $"{inputs} x {outputs}, {share} masked in", DenseRows.Int8Bytes(images, counting, outputs), () => rows.LaunchInt8(v, matrix, v, DevicePointer.None, live == 5 ? DevicePointer.None : sparse, y, images, inputs, outputs, false, type));

            // The order that is not taken: all of the matrix forwards, live outputs alone backwards.
            yield return new KernelCase("fc1 by rows" + suffix, $"{outputs} x {inputs}, {share} masked in", DenseRows.Bytes(images, countingOutputs, inputs, type), () => rows.Launch(v, matrix, DevicePointer.None, live == 5 ? DevicePointer.None : sparse, y, images, outputs, inputs, true, type));
            yield return new KernelCase("fc1 back by columns" + suffix, $"{outputs} x {inputs}, {share} not 0", DenseColumns.Bytes(images, countingOutputs, outputs, inputs, type), () => columns.Launch(sparse, matrix, DevicePointer.None, DevicePointer.None, y, scratch, images, outputs, inputs, false, type));
        }
    }

    /// <summary>The classes' end.</summary>
    public IEnumerable<KernelCase> Top(int images)
    {
        const int Classes = 1000;
        DevicePointer z = Floats((long)images * Classes), p = Floats((long)images * Classes), indices = Floats(images * 5L), largest = Floats(images * 5L);
        Softmax softmax = new(_library);
        TopK top = new(_library);
        yield return new KernelCase("softmax, fp32", $"{images} x {Classes}", Softmax.Bytes(images, Classes, ElementType.Float32), () => softmax.Forward(z, p, images, Classes, Classes, ElementType.Float32));
        yield return new KernelCase("top 5", $"{images} x {Classes}", TopK.Bytes(images, Classes), () => top.Launch(p, indices, largest, images, Classes, 5));
    }

    /// <summary>Frees what the cases so far have allocated; they can no longer be launched.</summary>
    public void Release()
    {
        _stream.Synchronize();
        for (int i = _owned.Count - 1; i > 0; i--)
        {
            _owned[i].Dispose();
        }

        _owned.RemoveRange(1, _owned.Count - 1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        _library.Dispose();
    }

    private static string Short(ElementType type) => type switch
    {
        ElementType.Float32 => "fp32",
        ElementType.Float16 => "fp16",
        _ => "bf16",
    };

    private static string Megabytes(long bytes) => $"{bytes / 1048576.0:0.###} MiB";

    private T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Add(resource);
        return resource;
    }

    private DevicePointer Floats(long count) => Numbers(count, ElementType.Float32);

    private DevicePointer Numbers(long count, ElementType type)
    {
        DeviceMemory memory = Own(DeviceMemory.Allocate(_context, count * Elements.Size(type), "a bench"));
        _stream.Clear(memory.Pointer, memory.Bytes);
        return memory.Pointer;
    }

    private unsafe DevicePointer Put(float[] values)
    {
        DevicePointer target = Floats(values.Length);
        fixed (float* source = values)
        {
            _stream.CopyToDevice(target, source, values.Length * sizeof(float));
        }

        _stream.Synchronize();
        return target;
    }

    private unsafe DevicePointer Sparse(int images, int count, int ofFive, ElementType type)
    {
        DevicePointer target = Numbers((long)images * count, type);
        int size = Elements.Size(type);
        byte[] values = new byte[(long)images * count * size];
        for (int i = 0; i < images * count; i++)
        {
            // 1 in each of the three types, up to a factor that does not matter.
            if (i % count % 5 < ofFive)
            {
                values[(i * size) + size - 1] = 0x3c;
            }
        }

        fixed (byte* source = values)
        {
            _stream.CopyToDevice(target, source, values.Length);
        }

        _stream.Synchronize();
        return target;
    }
}
