#include "power.cuh"

// target = low + range / (1 + exp(-source)); the target may be the source: hence no __restrict__.
KERNEL(sigmoid_f32, const float* source, float* target, unsigned long long count, double low, double range)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < count; i += threads)
    {
        target[i] = (float)(low + range / (1 + exp_of(-(double)source[i])));
    }
}

// target = gradient * range * s (1 - s), s = 1 / (1 + exp(-source)). With e = exp(-|source|) that is range e / (1 + e)^2: no
// difference of nearly equal numbers, nothing that overflows. The target may be the gradient.
KERNEL(sigmoid_backward_f32, const float* __restrict__ source, const float* gradient, float* target, unsigned long long count, double range)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < count; i += threads)
    {
        double e = exp_of(-__builtin_fabs((double)source[i]));
        target[i] = (float)(gradient[i] * range * e / ((1 + e) * (1 + e)));
    }
}
