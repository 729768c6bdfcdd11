namespace VggCuda.Kernels.Interop;

/// <summary>A queue of work; its own, or an embedder's.</summary>
internal sealed unsafe class CudaStream : CudaHandle
{
    private readonly bool _owns;

    private CudaStream(CudaContext context, bool owns)
        : base(context, invalid: -1) => _owns = owns;

    /// <summary>0 is the default stream, which only an embedder may bring.</summary>
    public override bool IsInvalid => handle == -1;

    /// <summary>Whether calls are being captured instead of done.</summary>
    public bool IsCapturing { get; private set; }

    /// <summary>Creates a stream that does not wait for the default stream.</summary>
    public static CudaStream Create(CudaContext context)
    {
        CudaStream stream = new(context, owns: true);
        try
        {
            context.Check(CuDriver.cuStreamCreate(out nint raw, CuStreamFlags.NonBlocking));
            stream.SetHandle(raw);
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Borrows an embedder's stream, which must outlive everything made with it.</summary>
    public static CudaStream Borrow(CudaContext context, nint raw)
    {
        CudaStream stream = new(context, owns: false);
        stream.SetHandle(raw);
        return stream;
    }

    /// <summary>Waits for everything queued.</summary>
    public void Synchronize() => Context.Check(CuDriver.cuStreamSynchronize(Raw));

    /// <summary>Queues a copy from the host; asynchronous only from pinned memory.</summary>
    public void CopyToDevice(DevicePointer target, void* source, long bytes) =>
        Context.Check(CuDriver.cuMemcpyHtoDAsync_v2(target.Address, source, (nuint)bytes, Raw));

    /// <summary>Queues a copy to the host; asynchronous only to pinned memory.</summary>
    public void CopyToHost(void* target, DevicePointer source, long bytes) =>
        Context.Check(CuDriver.cuMemcpyDtoHAsync_v2(target, source.Address, (nuint)bytes, Raw));

    /// <summary>Queues a copy on the device.</summary>
    public void Copy(DevicePointer target, DevicePointer source, long bytes) =>
        Context.Check(CuDriver.cuMemcpyDtoDAsync_v2(target.Address, source.Address, (nuint)bytes, Raw));

    /// <summary>Queues filling with zero bytes.</summary>
    public void Clear(DevicePointer target, long bytes) =>
        Context.Check(CuDriver.cuMemsetD8Async(target.Address, 0, (nuint)bytes, Raw));

    /// <summary>Queues filling with a 32-bit pattern.</summary>
    public void Fill(DevicePointer target, uint pattern, long count) =>
        Context.Check(CuDriver.cuMemsetD32Async(target.Address, pattern, (nuint)count, Raw));

    /// <summary>Captures what an action queues, without doing it.</summary>
    /// <param name="action">Queues work on this stream, from this thread, and allocates nothing.</param>
    /// <remarks>When the action or the capture fails, the capture is ended and thrown away.</remarks>
    public CudaGraph Capture(Action action)
    {
        Context.Check(CuDriver.cuStreamBeginCapture_v2(Raw, CuStreamCaptureMode.ThreadLocal));
        IsCapturing = true;
        try
        {
            action();
        }
        catch
        {
            IsCapturing = false;
            if (CuDriver.cuStreamEndCapture(Raw, out nint broken) == CuResult.Success && broken != 0)
            {
                CuDriver.cuGraphDestroy(broken);
            }

            throw;
        }

        IsCapturing = false;
        Context.Check(CuDriver.cuStreamEndCapture(Raw, out nint graph));
        return CudaGraph.Instantiate(Context, graph);
    }

    /// <inheritdoc/>
    protected override CuResult Destroy(nint handle) => _owns ? CuDriver.cuStreamDestroy_v2(handle) : CuResult.Success;
}

/// <summary>A mark in a stream.</summary>
internal sealed class CudaEvent : CudaHandle
{
    private CudaEvent(CudaContext context)
        : base(context)
    {
    }

    /// <summary>Creates an event.</summary>
    /// <param name="context">Where; current.</param>
    /// <param name="timing">Whether times are wanted.</param>
    public static CudaEvent Create(CudaContext context, bool timing = false)
    {
        CudaEvent created = new(context);
        try
        {
            context.Check(CuDriver.cuEventCreate(out nint raw, timing ? CuEventFlags.Default : CuEventFlags.BlockingSync | CuEventFlags.DisableTiming));
            created.SetHandle(raw);
            return created;
        }
        catch
        {
            created.Dispose();
            throw;
        }
    }

    /// <summary>Milliseconds from one timed event to another; both must have happened.</summary>
    public static float Milliseconds(CudaEvent start, CudaEvent end)
    {
        start.Context.Check(CuDriver.cuEventElapsedTime(out float milliseconds, start.Raw, end.Raw));
        return milliseconds;
    }

    /// <summary>Marks the stream's present end.</summary>
    public void Record(CudaStream stream) => Context.Check(CuDriver.cuEventRecord(Raw, stream.Raw));

    /// <summary>Whether everything before the mark has been done; true before the first <see cref="Record"/>.</summary>
    public bool HasHappened()
    {
        CuResult result = CuDriver.cuEventQuery(Raw);
        if (result == CuResult.NotReady)
        {
            return false;
        }

        Context.Check(result, nameof(CuDriver.cuEventQuery));
        return true;
    }

    /// <summary>Waits for the mark.</summary>
    public void Synchronize() => Context.Check(CuDriver.cuEventSynchronize(Raw));

    /// <inheritdoc/>
    protected override CuResult Destroy(nint handle) => CuDriver.cuEventDestroy_v2(handle);
}

/// <summary>A captured step, ready to be launched as a whole.</summary>
internal sealed unsafe class CudaGraph : CudaHandle
{
    private CudaGraph(CudaContext context)
        : base(context)
    {
    }

    /// <summary>Kernels, copies and fills in it.</summary>
    public int NodeCount { get; private set; }

    /// <summary>Makes a captured graph launchable; the captured graph itself is destroyed.</summary>
    internal static CudaGraph Instantiate(CudaContext context, nint captured)
    {
        CudaGraph graph = new(context);
        try
        {
            context.Check(CuDriver.cuGraphGetNodes(captured, null, out nuint count));
            context.Check(CuDriver.cuGraphInstantiateWithFlags(out nint executable, captured, 0));
            graph.SetHandle(executable);
            graph.NodeCount = (int)count;
            return graph;
        }
        catch
        {
            graph.Dispose();
            throw;
        }
        finally
        {
            CuDriver.cuGraphDestroy(captured);
        }
    }

    /// <summary>Sends the graph to the device ahead of its first launch.</summary>
    public void Upload(CudaStream stream) => Context.Check(CuDriver.cuGraphUpload(Raw, stream.Raw));

    /// <summary>Queues the whole graph once.</summary>
    public void Launch(CudaStream stream) => Context.Check(CuDriver.cuGraphLaunch(Raw, stream.Raw));

    /// <inheritdoc/>
    protected override CuResult Destroy(nint handle) => CuDriver.cuGraphExecDestroy(handle);
}
