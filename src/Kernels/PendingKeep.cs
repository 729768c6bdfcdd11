namespace VggCuda.Kernels;

/// <summary>A comparison of a picture with the best so far that has not been launched yet: tensors as <see cref="CudaBackend.KeepBest"/> takes them.</summary>
internal sealed record PendingKeep(CudaTensor Total, CudaTensor Step, CudaTensor Image, CudaTensor BestTotal, CudaTensor BestStep, CudaTensor Best);
