#include "kernel.cuh"

// target = source where step + 1 is a multiple of `every`.
KERNEL(copy_every_f32, const float* __restrict__ source, float* __restrict__ target, unsigned long long count,
    const float* __restrict__ step, int every)
{
    if (((int)*step + 1) % every != 0)
    {
        return;
    }

    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < count; i += threads)
    {
        target[i] = source[i];
    }
}
