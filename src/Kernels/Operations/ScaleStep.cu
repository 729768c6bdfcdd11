#include "kernel.cuh"

// target = before + f * (target - before), f the factor of the step or the table's last; where it is 1 the target stays as it is.
KERNEL(scale_step_f32, const float* __restrict__ before, float* __restrict__ target, unsigned long long count,
    const float* __restrict__ factors, const float* __restrict__ step, int rows)
{
    float factor = factors[maximum(0, minimum((int)*step, rows - 1))];
    if (factor == 1)
    {
        return;
    }

    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < count; i += threads)
    {
        target[i] = before[i] + factor * (target[i] - before[i]);
    }
}
