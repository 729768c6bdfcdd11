#include "kernel.cuh"

// total[i] = a[i] + b[i]; the total may be one of the two.
KERNEL(add_f32, const float* a, const float* b, float* total, unsigned count)
{
    for (unsigned i = blockIdx.x * BLOCK + threadIdx.x; i < count; i += gridDim.x * BLOCK)
    {
        total[i] = a[i] + b[i];
    }
}
