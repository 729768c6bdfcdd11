namespace VggCuda.Kernels;

/// <summary>A view that has not been launched yet: tensors as <see cref="CudaBackend.Warp"/> takes them.</summary>
internal sealed record PendingWarp(CudaTensor Source, CudaTensor Target, CudaTensor Maps, CudaTensor Step, double Outside)
{
    /// <summary>All of them.</summary>
    public CudaTensor[] Tensors => [Source, Target, Maps, Step];
}
