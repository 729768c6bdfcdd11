#include "kernel.cuh"

// velocity = decay * velocity + g; image -= rate * velocity.
KERNEL(momentum_f32, float* __restrict__ image, const float* __restrict__ gradient, float* __restrict__ velocity,
    unsigned long long count, float rate, float decay)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < count; i += threads)
    {
        float v = decay * velocity[i] + gradient[i];
        velocity[i] = v;
        image[i] -= rate * v;
    }
}
