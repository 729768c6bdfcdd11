#include "reduce.cuh"

// value[n] = factor * the sum over d = 1..4 of 2^-d (tap[n] - tap[n + d])^2 within n's group, and the gradient of the values'
// sum; factor = weight / count. blockIdx.x is the part, blockIdx.y the image.
BLOCK_KERNEL(alignment_f32, const float* __restrict__ tap, double factor, float* value, float* gradient, double* parts,
    unsigned* counters, int group, int count, int per_part)
{
    int image = blockIdx.y;
    int place = image % group;
    const float* own = tap + (long long)image * count;
    float* to = gradient + (long long)image * count;
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    double sum = 0;
    for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
    {
        double here = own[i];
        double slope = 0;
        double share = 1;
        for (int d = 1; d <= 4; d++)
        {
            share /= 2;
            if (place + d < group)
            {
                double difference = here - own[(long long)d * count + i];
                sum += share * difference * difference;
                slope += share * difference;
            }

            if (place >= d)
            {
                slope += share * (here - own[i - (long long)d * count]);
            }
        }

        to[i] += (float)(2 * factor * slope);
    }

    write_sum(sum, factor, parts, counters, image, gridDim.x, value);
}
