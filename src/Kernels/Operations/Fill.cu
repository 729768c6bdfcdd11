#include "kernel.cuh"

// target[i] = value.
KERNEL(fill_f32, float* __restrict__ target, unsigned long long count, float value)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    unsigned long long first = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x;
    for (unsigned long long i = first; i < count / 4; i += threads)
    {
        ((Float4*)target)[i] = Float4{value, value, value, value};
    }

    if (first < count % 4)
    {
        target[count / 4 * 4 + first] = value;
    }
}
