#include "kernel.cuh"

// What lies outside low..high brought to the nearer bound; the target may be the source: hence no __restrict__. Not a number stays what it is.
KERNEL(clip_f32, const float* source, float* target, unsigned long long count, float low, float high)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < count; i += threads)
    {
        float x = source[i];
        target[i] = x < low ? low : x > high ? high : x;
    }
}

// target = gradient, and 0 where a step downhill would lead farther out of low..high. The target may be the gradient.
KERNEL(clip_backward_f32, const float* __restrict__ source, const float* gradient, float* target, unsigned long long count, float low,
    float high)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < count; i += threads)
    {
        float x = source[i];
        float g = gradient[i];
        target[i] = (x > high && g < 0) || (x < low && g > 0) ? 0.0f : g;
    }
}
