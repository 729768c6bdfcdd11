#include "total_variation.cuh"

// value_factor = weight / values per image, factor = twice that: the derivative of a squared difference.
BLOCK_KERNEL(total_variation_squared_f32, const float* __restrict__ image, float factor, double value_factor, float* value,
    float* gradient, double* parts, unsigned* counters, int height, int line, int channels, int per_part)
{
    Alone alone;
    total_variation<false>(image, Squared{}, alone, factor, value_factor, value, gradient, parts, counters, height, line, channels, per_part);
}

BLOCK_KERNEL(total_variation_squared_rgb_f32, const float* __restrict__ image, float factor, double value_factor, float* value,
    float* gradient, double* parts, unsigned* counters, int height, int line, int channels, int per_part)
{
    Alone alone;
    total_variation<true>(image, Squared{}, alone, factor, value_factor, value, gradient, parts, counters, height, line, channels, per_part);
}

BLOCK_KERNEL(total_variation_f32, const float* __restrict__ image, double half_beta, float factor, double value_factor, float* value,
    float* gradient, double* parts, unsigned* counters, int height, int line, int channels, int per_part)
{
    Alone alone;
    total_variation<false>(image, Powered{half_beta}, alone, factor, value_factor, value, gradient, parts, counters, height, line, channels, per_part);
}
