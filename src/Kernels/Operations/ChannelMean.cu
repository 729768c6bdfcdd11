#include "reduce.cuh"

// value[n] = factor * sum of the image's values, as weight * sum over channels of the mean over positions is, with
// factor = weight / positions. blockIdx.x is the part, blockIdx.y the image.
BLOCK_KERNEL(channel_mean_f32, const float* __restrict__ tap, double factor, float* value, double* parts, unsigned* counters,
    int count, int per_part)
{
    int image = blockIdx.y;
    const float* own = tap + (long long)image * count;
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    double sum = 0;
    if (count % 4 == 0)
    {
        for (int i = blockIdx.x * per_part + threadIdx.x * 4; i < end; i += BLOCK * 4)
        {
            Float4 v = *(const Float4*)(own + i);
            sum += (double)v.x + v.y + v.z + v.w;
        }
    }
    else
    {
        for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
        {
            sum += own[i];
        }
    }

    write_sum(sum, factor, parts, counters, image, gridDim.x, value);
}
