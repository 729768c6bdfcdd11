using VggCuda.Engine.Rendering;
using VggCuda.Native.Abi;

namespace VggCuda.Native.Resources;

/// <summary>Tells a vgg_progress_callback, and cancels where it wants so.</summary>
internal sealed unsafe class CallbackProgress(delegate* unmanaged[Cdecl]<void*, Progress*, int> callback, void* data, CancellationTokenSource cancellation) : IProgress<RenderProgress>
{
    private readonly delegate* unmanaged[Cdecl]<void*, Progress*, int> _callback = callback;
    private readonly void* _data = data;

    public void Report(RenderProgress value)
    {
        Progress progress = new()
        {
            StructSize = (uint)sizeof(Progress),
            Pictures = (uint)value.Images,
            StepsDone = value.StepsDone,
            Steps = value.StepsTotal,
            MeanTotal = value.MeanTotal,
            StepsPerSecond = value.StepsPerSecond,
        };

        // Once it has said so, it is not asked again.
        if (!cancellation.IsCancellationRequested && _callback(_data, &progress) != 0)
        {
            cancellation.Cancel();
        }
    }
}
