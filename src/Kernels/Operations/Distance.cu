#include "reduce.cuh"

constexpr double SMOOTH = 0.1;

// value[n] = weight * the sum over positions of sqrt(|a - b|^2 + SMOOTH^2) - SMOOTH, and its gradient in a; weight is already divided by the positions. A
// thread takes a position. blockIdx.x is the part, blockIdx.y the image.
BLOCK_KERNEL(distance_f32, const float* __restrict__ a, const float* __restrict__ b, double weight, float* value, float* gradient,
    double* parts, unsigned* counters, int positions, int per_part, int channels)
{
    int image = blockIdx.y;
    int end = minimum(positions, (int)(blockIdx.x + 1) * per_part);
    double sum = 0;
    for (int p = blockIdx.x * per_part + threadIdx.x; p < end; p += BLOCK)
    {
        long long first = ((long long)image * positions + p) * channels;
        double square = 0;
        for (int c = 0; c < channels; c++)
        {
            double difference = a[first + c] - b[first + c];
            square += difference * difference;
        }

        double length = __builtin_sqrt(square + SMOOTH * SMOOTH);
        float factor = (float)(weight / length);
        for (int c = 0; c < channels; c++)
        {
            gradient[first + c] += factor * (a[first + c] - b[first + c]);
        }

        sum += length - SMOOTH;
    }

    write_sum(sum, weight, parts, counters, image, gridDim.x, value);
}
