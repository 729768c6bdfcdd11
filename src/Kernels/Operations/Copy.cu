#include "kernel.cuh"

// target[i] = source[i].
KERNEL(copy_f32, const float* __restrict__ source, float* __restrict__ target, unsigned long long count)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    unsigned long long first = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x;
    for (unsigned long long i = first; i < count / 4; i += threads)
    {
        ((Float4*)target)[i] = ((const Float4*)source)[i];
    }

    if (first < count % 4)
    {
        target[count / 4 * 4 + first] = source[count / 4 * 4 + first];
    }
}
