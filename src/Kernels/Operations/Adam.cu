#include "power.cuh"

// m = beta1 m + rest1 g; v = beta2 v + rest2 g^2; image -= rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon), t = step + 1,
// rest = 1 - beta. One thread per value: the two powers are a few dozen instructions against five accesses to memory.
KERNEL(adam_f32, float* __restrict__ image, const float* __restrict__ gradient, float* __restrict__ mean, float* __restrict__ square,
    const float* __restrict__ step, unsigned long long count, float rate, double beta1, double beta2, float rest1, float rest2, float epsilon)
{
    double t = (double)(long long)*step + 1;
    float of_mean = (float)(1 - power_of(beta1, t));
    float of_square = (float)(1 - power_of(beta2, t));
    float decay1 = (float)beta1;
    float decay2 = (float)beta2;
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < count; i += threads)
    {
        float g = gradient[i];
        float m = decay1 * mean[i] + rest1 * g;
        float v = decay2 * square[i] + rest2 * (g * g);
        mean[i] = m;
        square[i] = v;
        image[i] -= rate * (m / of_mean) / (__builtin_sqrtf(v / of_square) + epsilon);
    }
}
