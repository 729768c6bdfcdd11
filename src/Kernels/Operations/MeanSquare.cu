#include "reduce.cuh"

// value[n] = factor * the sum of squares of the image's values, gradient += slope * tap: factor = weight / count, slope = 2 factor.
// blockIdx.x is the part, blockIdx.y the image.
BLOCK_KERNEL(mean_square_f32, const float* __restrict__ tap, double factor, float slope, float* value, float* __restrict__ gradient,
    double* parts, unsigned* counters, int count, int per_part)
{
    int image = blockIdx.y;
    const float* own = tap + (long long)image * count;
    float* to = gradient + (long long)image * count;
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    double sum = 0;
    if (count % 4 == 0)
    {
        for (int i = blockIdx.x * per_part + threadIdx.x * 4; i < end; i += BLOCK * 4)
        {
            Float4 v = *(const Float4*)(own + i);
            Float4 g = *(Float4*)(to + i);
            sum += (double)v.x * v.x + (double)v.y * v.y + (double)v.z * v.z + (double)v.w * v.w;
            *(Float4*)(to + i) = Float4{g.x + slope * v.x, g.y + slope * v.y, g.z + slope * v.z, g.w + slope * v.w};
        }
    }
    else
    {
        for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
        {
            sum += (double)own[i] * own[i];
            to[i] += slope * own[i];
        }
    }

    write_sum(sum, factor, parts, counters, image, gridDim.x, value);
}
