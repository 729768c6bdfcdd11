using VggCuda.Engine.Backends;
using VggCuda.Engine.Model;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels.Programs;

/// <summary>The buffers of a program and when they are in use.</summary>
/// <remarks>
/// Operations in order: 0 the input, 1..n the nodes with the gathering at their taps, n + 1 the softmax, n + 2 the gradient at the highest tap, then
/// the nodes backwards with what happens at their taps, at last the image's gradient. What the way back asks of the way there (masks, places of maxima) lives to the end, so that one forward pass
/// serves several backward ones.
/// </remarks>
internal sealed class ProgramMemory
{
    private readonly MemoryPlan _plan = new();
    private readonly int[] _activations;
    private readonly int[] _before;
    private readonly int[] _argmax;
    private readonly int[] _gradients;
    private readonly int[] _scratch;
    private readonly int _topGradient = -1;
    private readonly int _probabilities = -1;
    private readonly int _probabilityGradient = -1;
    private readonly int _unlifting = -1;
    private readonly int _rescue = -1;
    private readonly int _workspace = -1;

    /// <summary>Plans the buffers.</summary>
    /// <param name="layout">The layers.</param>
    /// <param name="workspaceBytes">cuDNN's scratch memory.</param>
    public ProgramMemory(NetworkLayout layout, long workspaceBytes)
    {
        int count = layout.Nodes.Count;
        int images = layout.Spec.Batch;
        int size = Elements.Size(Elements.Of(layout.Spec.Precision));
        bool backward = layout.Spec.NeedsGradient;
        int end = (2 * count) + 3;
        _activations = new int[count + 1];
        _before = new int[count];
        _argmax = new int[count];
        _gradients = new int[count];
        _scratch = new int[count];
        Array.Fill(_before, -1);
        Array.Fill(_argmax, -1);
        Array.Fill(_gradients, -1);
        Array.Fill(_scratch, -1);
        _activations[0] = _plan.Add((long)images * layout.Nodes[0].InputCount * size, 0, 1);
        for (int i = 0; i < count; i++)
        {
            Node node = layout.Nodes[i];
            _activations[i + 1] = _plan.Add(images * node.OutputCount * size, i + 1, backward && layout.IsMask(i) ? end : i + 2);
            if (node.KeepsBefore)
            {
                _before[i] = _plan.Add(images * node.OutputCount * size, i + 1, i + 1 < count ? i + 1 : count + 1);
            }

            if (node.Layer.Kind == LayerKind.Dense && DenseStep.Scratch(node, images, layout.IsInt8) is > 0 and long bytes)
            {
                _scratch[i] = _plan.Add(bytes, i + 1, i + 1);
            }

            if (!backward)
            {
                continue;
            }

            int here = count + 2 + (count - i);
            _gradients[i] = _plan.Add(images * node.InputCount * size, here, here + 1);
            if (node.Layer.Kind == LayerKind.MaxPool)
            {
                _argmax[i] = _plan.Add(((images * node.OutputCount) + 3) / 4, i + 1, end);
            }
        }

        if (layout.IsSoftmax)
        {
            _probabilities = _plan.Add((long)images * layout.Top.Layer.Outputs * sizeof(float), count + 1, backward ? end : count + 1);
            if (backward && layout.IsSimple && layout.Spec.Precision == Precision.Fp16)
            {
                _unlifting = _plan.Add(images * sizeof(float), count + 2, end);
            }
            else if (backward && !layout.IsSimple)
            {
                _probabilityGradient = _plan.Add((long)images * layout.Top.Outputs * sizeof(float), count + 2, count + 2);
            }
        }

        if (backward)
        {
            if (layout.Spec.RescuedSteps > 0)
            {
                _rescue = _plan.Add(images * sizeof(int), count + 2, end);
            }

            // A program of one tap may write it in the launch that gathers the tap.
            _topGradient = _plan.Add(images * layout.Top.OutputCount * size, layout.IsSimple ? count + 1 : count + 2, count + 3);
        }

        if (workspaceBytes > 0)
        {
            _workspace = _plan.Add(workspaceBytes, 0, end);
        }

        _plan.Pack();
    }

    /// <summary>Bytes in all.</summary>
    public long TotalBytes => _plan.TotalBytes;

    /// <summary>Where everything begins; set once allocated.</summary>
    public DevicePointer Base { get; set; }

    /// <summary>cuDNN's scratch memory, or none.</summary>
    public DevicePointer Workspace => At(_workspace);

    /// <summary>Softmax's result.</summary>
    public DevicePointer Probabilities => At(_probabilities);

    /// <summary>The gradient of softmax's result, where several come together: float32 in stored channels.</summary>
    public DevicePointer ProbabilityGradient => At(_probabilityGradient);

    /// <summary>One over what each image's gradient is multiplied by on the way, float32 (N); none where it is the same for all.</summary>
    public DevicePointer Unlifting => At(_unlifting);

    /// <summary>For each image whether something of its gradient passes the ReLU at hand: int32 (N); none where no dead units are rescued.</summary>
    public DevicePointer Passes => At(_rescue);

    /// <summary>What goes into a node; beyond the last node, what comes out of it.</summary>
    public DevicePointer Activation(int node) => At(_activations[node]);

    /// <summary>What goes into a node's ReLU, where it is kept.</summary>
    public DevicePointer Before(int node) => At(_before[node]);

    /// <summary>The gradient at a node's input; beyond the last node, at its output.</summary>
    public DevicePointer Gradient(int node) => At(node < _gradients.Length ? _gradients[node] : _topGradient);

    /// <summary>The places of a pooling's maxima, or none.</summary>
    public DevicePointer Argmax(int node) => At(_argmax[node]);

    /// <summary>A dense layer's scratch memory, or none.</summary>
    public DevicePointer Scratch(int node) => At(_scratch[node]);

    private DevicePointer At(int buffer) => buffer < 0 ? DevicePointer.None : Base + _plan.Offset(buffer);
}
