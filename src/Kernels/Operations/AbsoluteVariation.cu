#include "reduce.cuh"

DEVICE float sign_of(float difference)
{
    return difference > 0 ? 1.0f : difference < 0 ? -1.0f : difference;
}

// value[n] = value_factor * the sum of |difference| over all pairs of neighbours, gradient += factor times the signs that a
// value gathers of its four. blockIdx.x is the part, blockIdx.y the image.
BLOCK_KERNEL(absolute_variation_f32, const float* __restrict__ image, double value_factor, float factor, float* value, float* gradient,
    double* parts, unsigned* counters, int line, int channels, int count, int per_part)
{
    int index = blockIdx.y;
    const float* own = image + (long long)index * count;
    float* to = gradient + (long long)index * count;
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    double sum = 0;
    for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
    {
        int place = i % line;
        float here = own[i];
        float signs = 0;
        if (i + line < count)
        {
            float down = own[i + line] - here;
            sum += __builtin_fabsf(down);
            signs -= sign_of(down);
        }

        if (place + channels < line)
        {
            float across = own[i + channels] - here;
            sum += __builtin_fabsf(across);
            signs -= sign_of(across);
        }

        if (i >= line)
        {
            signs += sign_of(here - own[i - line]);
        }

        if (place >= channels)
        {
            signs += sign_of(here - own[i - channels]);
        }

        to[i] += factor * signs;
    }

    write_sum(sum, value_factor, parts, counters, index, gridDim.x, value);
}
