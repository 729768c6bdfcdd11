#include "reduce.cuh"

// value[n] = weight * the sum of a * b over the image's values. blockIdx.x is the part, blockIdx.y the image.
BLOCK_KERNEL(dot_f32, const float* __restrict__ a, const float* __restrict__ b, double weight, float* value, double* parts,
    unsigned* counters, int count, int per_part)
{
    int image = blockIdx.y;
    const float* left = a + (long long)image * count;
    const float* right = b + (long long)image * count;
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    double sum = 0;
    if (count % 4 == 0)
    {
        for (int i = blockIdx.x * per_part + threadIdx.x * 4; i < end; i += BLOCK * 4)
        {
            Float4 v = *(const Float4*)(left + i);
            Float4 w = *(const Float4*)(right + i);
            sum += (double)v.x * w.x + (double)v.y * w.y + (double)v.z * w.z + (double)v.w * w.w;
        }
    }
    else
    {
        for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
        {
            sum += (double)left[i] * right[i];
        }
    }

    write_sum(sum, weight, parts, counters, image, gridDim.x, value);
}
