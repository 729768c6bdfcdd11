#include "kernel.cuh"

// target += factor * source.
KERNEL(accumulate_f32, const float* __restrict__ source, float* __restrict__ target, unsigned long long count, float factor)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < count; i += threads)
    {
        target[i] += factor * source[i];
    }
}
