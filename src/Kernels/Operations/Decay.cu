#include "reduce.cuh"

// value[n] = factor * the sum of (image - centre)^2, gradient += slope * (image - centre): factor = weight / count, slope = 2 factor.
// blockIdx.x is the part, blockIdx.y the image.
BLOCK_KERNEL(decay_f32, const float* __restrict__ image, float centre, double factor, float slope, float* value, float* gradient,
    double* parts, unsigned* counters, int count, int per_part)
{
    int index = blockIdx.y;
    const float* own = image + (long long)index * count;
    float* to = gradient + (long long)index * count;
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    double sum = 0;
    for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
    {
        float difference = own[i] - centre;
        sum += (double)difference * difference;
        to[i] += slope * difference;
    }

    write_sum(sum, factor, parts, counters, index, gridDim.x, value);
}
