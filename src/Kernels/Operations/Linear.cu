#include "kernel.cuh"

// target = factor * source + offset; the target may be the source: hence no __restrict__.
KERNEL(linear_f32, const float* source, float* target, unsigned long long count, float factor, float offset)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < count; i += threads)
    {
        target[i] = factor * source[i] + offset;
    }
}
