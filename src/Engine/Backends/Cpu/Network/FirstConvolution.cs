using System.Runtime.CompilerServices;
using VggCuda.Engine.Model;

namespace VggCuda.Engine.Backends.Cpu;

/// <summary>The first convolution with the pre-processing before it, and its gradient to the image.</summary>
internal sealed unsafe class FirstConvolution : IDisposable
{
    private const int Segment = 64;
    private readonly ProgramSpec _spec;
    private readonly PlaneLayout _map;
    private readonly LaneKernels _kernels;
    private readonly FirstLayerWeights _weights;
    private readonly float* _data;
    private readonly float* _bias;
    private readonly bool _relu;
    private readonly ushort* _masks;
    private readonly NativeBuffer _image;
    private readonly int _imageRow;
    private readonly PrepareJob _prepare;
    private readonly ForwardJob _forward;
    private readonly BackwardJob _backward;
    private Workspace? _workspace;

    /// <summary>Plans it.</summary>
    /// <param name="spec">The program's spec.</param>
    /// <param name="kernels">Kernels of the map's width.</param>
    /// <param name="map">The output map.</param>
    /// <param name="weights">Weights.</param>
    /// <param name="bias">Whole vectors.</param>
    /// <param name="relu">Whether the ReLU belongs to what is wanted.</param>
    /// <param name="data">The map, and in the backward pass its gradient.</param>
    /// <param name="masks">ReLU bits to write, or null.</param>
    public FirstConvolution(ProgramSpec spec, LaneKernels kernels, PlaneLayout map, FirstLayerWeights weights, float* bias, bool relu, float* data, ushort* masks)
    {
        _spec = spec;
        _kernels = kernels;
        _map = map;
        _weights = weights;
        _bias = bias;
        _relu = relu;
        _data = data;
        _masks = masks;
        _imageRow = (spec.Width + 2) * 3;
        _image = NativeBuffer.OfFloats(ImageFloats(spec));
        _prepare = new PrepareJob(this);
        _forward = new ForwardJob(this);
        _backward = new BackwardJob(this);
    }

    /// <summary>Memory that each thread needs for itself, bytes.</summary>
    public static long BytesPerThread => (Workspace.TileFloats + (14 * 32) + (3 * Segment)) * sizeof(float);

    private int RowsPerTask => Math.Max(1, 2048 / _map.Width);

    private int RowTasks => (_map.Height + RowsPerTask - 1) / RowsPerTask;

    /// <summary>Floats of the prepared images.</summary>
    public static long ImageFloats(ProgramSpec spec) => (long)spec.Batch * (spec.Height + 2) * (spec.Width + 2) * 3;

    /// <summary>Gives it the memory to work in.</summary>
    public void Attach(Workspace workspace) => _workspace = workspace;

    /// <summary>Fills the map from images.</summary>
    public void Forward(WorkerPool pool, float* images)
    {
        _prepare.Images = images;
        pool.Run(_prepare);
        pool.Run(_forward);
    }

    /// <summary>Carries the map's gradient to the images.</summary>
    /// <param name="pool">Who works.</param>
    /// <param name="gradient">Images' gradient, overwritten.</param>
    /// <param name="scales">One factor per image.</param>
    public void Backward(WorkerPool pool, float* gradient, float* scales)
    {
        _backward.Gradient = gradient;
        _backward.Scales = scales;
        pool.Run(_backward);
    }

    public void Dispose() => _image.Dispose();

    // RGB to BGR minus the means, with a border of zeros: the network pads what it sees, not what the user gives.
    private sealed class PrepareJob(FirstConvolution layer) : Job
    {
        public float* Images { get; set; }

        public override int Chunks => layer._spec.Batch * layer.RowTasks;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Execute(int chunk, int worker)
        {
            ProgramSpec spec = layer._spec;
            int image = chunk / layer.RowTasks;
            int first = chunk % layer.RowTasks * layer.RowsPerTask;
            int end = Math.Min(first + layer.RowsPerTask, spec.Height);
            bool swap = spec.Preprocessing == Preprocessing.Vgg16;
            float m0 = (float)Vgg16Means.Bgr[0];
            float m1 = (float)Vgg16Means.Bgr[1];
            float m2 = (float)Vgg16Means.Bgr[2];
            for (int y = first; y < end; y++)
            {
                float* from = Images + ((((long)image * spec.Height) + y) * spec.Width * 3);
                float* to = layer._image.Floats + ((((long)image * (spec.Height + 2)) + y + 1) * layer._imageRow) + 3;
                if (!swap)
                {
                    new ReadOnlySpan<float>(from, spec.Width * 3).CopyTo(new Span<float>(to, spec.Width * 3));
                    continue;
                }

                for (int x = 0; x < spec.Width; x++)
                {
                    to[0] = from[2] - m0;
                    to[1] = from[1] - m1;
                    to[2] = from[0] - m2;
                    from += 3;
                    to += 3;
                }
            }
        }
    }

    private sealed class ForwardJob(FirstConvolution layer) : Job
    {
        public override int Chunks => layer._spec.Batch * layer.RowTasks;

        public override void Execute(int chunk, int worker)
        {
            int image = chunk / layer.RowTasks;
            int first = chunk % layer.RowTasks * layer.RowsPerTask;
            int end = Math.Min(first + layer.RowsPerTask, layer._map.Height);
            for (int y = first; y < end; y++)
            {
                Row(image, y, layer._workspace!.Own(worker));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Row(int image, int y, float* products)
        {
            PlaneLayout map = layer._map;
            LaneKernels kernels = layer._kernels;
            int width = map.Width;
            int lanes = map.Lanes;
            int runs = (width + kernels.MaxRows - 1) / kernels.MaxRows;
            float* source = layer._image.Floats + ((((long)image * (map.Height + 2)) + y) * layer._imageRow);
            for (int chunk = 0; chunk < layer._weights.Chunks; chunk++)
            {
                int columns = layer._weights.ColumnsOf(chunk);
                float* weights = layer._weights.Forward(chunk);
                for (int run = 0; run < runs; run++)
                {
                    int x = (int)((long)run * width / runs);
                    int pixels = (int)((long)(run + 1) * width / runs) - x;
                    kernels.GemmOverPixels(columns, pixels)(source + (3 * x), weights, products, 3, 9, 0, layer._imageRow, false);
                    for (int i = 0; i < columns; i++)
                    {
                        int block = (2 * chunk) + i;
                        float* target = layer._data + (image * map.ImageStride) + (block * map.PlaneStride) + ((nint)(y + 1) * map.RowStride) + ((x + 1) * lanes);
                        ushort* masks = layer._masks is null
                            ? null
                            : layer._masks + ((((((long)image * map.Blocks) + block) * map.WholeRows) + y) * map.WholeColumns) + x;
                        kernels.PixelsBiasRelu(products + (i * lanes), layer._bias + (block * lanes), layer._relu, target, pixels | ((columns * lanes) << 16), masks);
                    }
                }
            }
        }
    }

    private sealed class BackwardJob(FirstConvolution layer) : Job
    {
        public float* Gradient { get; set; }

        public float* Scales { get; set; }

        public override int Chunks => layer._spec.Batch * layer.RowTasks;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Execute(int chunk, int worker)
        {
            PlaneLayout map = layer._map;
            int image = chunk / layer.RowTasks;
            int first = chunk % layer.RowTasks * layer.RowsPerTask;
            int end = Math.Min(first + layer.RowsPerTask, map.Height);
            int swap = layer._spec.Preprocessing == Preprocessing.Vgg16 ? 2 : 0;
            float scale = Scales[image];
            float* segment = layer._workspace!.Own(worker);
            for (int y = first; y < end; y++)
            {
                float* source = layer._data + (image * map.ImageStride) + ((nint)y * map.RowStride);
                float* target = Gradient + ((((long)image * map.Height) + y) * map.Width * 3);
                for (int x = 0; x < map.Width; x += Segment)
                {
                    int pixels = Math.Min(Segment, map.Width - x);
                    layer._kernels.ImageGradient(source + ((nint)x * map.Lanes), map.RowStride, (nint)map.PlaneStride, map.Blocks, layer._weights.Backward, segment, pixels);
                    for (int i = 0; i < pixels; i++)
                    {
                        target[swap] = segment[3 * i] * scale;
                        target[1] = segment[(3 * i) + 1] * scale;
                        target[2 - swap] = segment[(3 * i) + 2] * scale;
                        target += 3;
                    }
                }
            }
        }
    }
}
