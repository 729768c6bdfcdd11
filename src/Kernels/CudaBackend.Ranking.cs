using System.Collections.Immutable;
using System.Runtime.InteropServices;
using VggCuda.Engine.Backends;
using VggCuda.Kernels.Interop;
using VggCuda.Kernels.Operations;

namespace VggCuda.Kernels;

/// <content>The likeliest classes.</content>
public sealed unsafe partial class CudaBackend
{
    /// <inheritdoc/>
    /// <remarks>Softmax, the choice of the largest and the gathering of their probabilities on the device; only what is named crosses to the host. Probabilities are float32.</remarks>
    public ImmutableArray<ImmutableArray<Prediction>> Rank(ITensor logits, int top)
    {
        using BackendUse.Visit visit = InUse.Enter();
        CudaTensor own = Use(logits, nameof(logits));
        IBackend.RequireRankable(own.Shape, top);
        int images = own.Shape.N;
        int classes = own.Shape.C;
        long named = (long)images * top;
        using DeviceMemory memory = DeviceMemory.Allocate(Context, sizeof(float) * ((3 * named) + own.Shape.Count), $"the {top} likeliest of {classes} classes for {images} images");
        DevicePointer indices = memory.Pointer;
        DevicePointer largest = indices + (named * sizeof(float));
        DevicePointer likely = largest + (named * sizeof(float));
        DevicePointer probabilities = likely + (named * sizeof(float));
        NetworkKernels.Softmax.Forward(own.Pointer, probabilities, images, classes, classes, ElementType.Float32);
        NetworkKernels.Top.Launch(own.Pointer, indices, largest, images, classes, top);
        NetworkKernels.Tap.Gather(probabilities, indices, likely, images, 1, classes, top, ElementType.Float32, DevicePointer.None, 0);

        // Indices, logits and probabilities lie one behind the other and travel together; a copy keeps the integers' bits.
        float[] all = new float[3 * named];
        using CudaTensor view = new(this, new TensorShape(3, 1, 1, checked((int)named)), memory.Pointer);
        Download(view, all);
        ReadOnlySpan<int> places = MemoryMarshal.Cast<float, int>(all.AsSpan(0, (int)named));
        ImmutableArray<ImmutableArray<Prediction>>.Builder results = ImmutableArray.CreateBuilder<ImmutableArray<Prediction>>(images);
        for (int n = 0; n < images; n++)
        {
            ImmutableArray<Prediction>.Builder one = ImmutableArray.CreateBuilder<Prediction>(top);
            for (int k = n * top; k < (n + 1) * top; k++)
            {
                one.Add(new Prediction(places[k], all[(2 * (int)named) + k], all[(int)named + k]));
            }

            results.Add(one.MoveToImmutable());
        }

        return results.MoveToImmutable();
    }
}
