#include "kernel.cuh"

// target[n, i] = source[n, i] * factors[i], the same factors for every image; the target may be the source: hence no
// __restrict__ on the two. blockIdx.y is the image.
KERNEL(multiply_f32, const float* source, const float* __restrict__ factors, float* target, int count)
{
    const float* from = source + (long long)blockIdx.y * count;
    float* to = target + (long long)blockIdx.y * count;
    for (int i = blockIdx.x * BLOCK + threadIdx.x; i < count; i += gridDim.x * BLOCK)
    {
        to[i] = from[i] * factors[i];
    }
}
