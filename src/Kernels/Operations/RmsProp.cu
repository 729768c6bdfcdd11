#include "kernel.cuh"

DEVICE float new_cache(float g, float cache, float decay, float rest)
{
    return decay * cache + rest * (g * g);
}

DEVICE float stepped(float image, float g, float cache, float rate, float epsilon)
{
    return image - rate * g / __builtin_sqrtf(cache + epsilon);
}

// cache = decay * cache + rest * g^2 (rest = 1 - decay); image -= rate * g / sqrt(cache + epsilon).
KERNEL(rms_prop_f32, float* __restrict__ image, const float* __restrict__ gradient, float* __restrict__ cache,
    unsigned long long count, float rate, float decay, float rest, float epsilon)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    unsigned long long first = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x;
    for (unsigned long long i = first; i < count / 4; i += threads)
    {
        Float4 x = ((const Float4*)image)[i];
        Float4 g = ((const Float4*)gradient)[i];
        Float4 c = ((const Float4*)cache)[i];
        c = Float4{new_cache(g.x, c.x, decay, rest), new_cache(g.y, c.y, decay, rest), new_cache(g.z, c.z, decay, rest), new_cache(g.w, c.w, decay, rest)};
        x = Float4{stepped(x.x, g.x, c.x, rate, epsilon), stepped(x.y, g.y, c.y, rate, epsilon), stepped(x.z, g.z, c.z, rate, epsilon), stepped(x.w, g.w, c.w, rate, epsilon)};
        ((Float4*)image)[i] = x;
        ((Float4*)cache)[i] = c;
    }

    if (first < count % 4)
    {
        unsigned long long i = count / 4 * 4 + first;
        cache[i] = new_cache(gradient[i], cache[i], decay, rest);
        image[i] = stepped(image[i], gradient[i], cache[i], rate, epsilon);
    }
}
