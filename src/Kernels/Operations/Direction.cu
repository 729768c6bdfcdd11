#include "power.cuh"
#include "reduce.cuh"

// value[n] = weight * the sum over positions of d max(0.1, cosine)^power, and its gradient; weight is already divided by the
// positions. A thread takes a position. blockIdx.x is the part, blockIdx.y the image.
BLOCK_KERNEL(direction_f32, const float* __restrict__ tap, const float* __restrict__ vector, double power, double weight, float* value,
    float* gradient, double* parts, unsigned* counters, int positions, int per_part, int channels)
{
    int image = blockIdx.y;
    double square = 0;
    for (int c = threadIdx.x; c < channels; c += BLOCK)
    {
        square += (double)vector[c] * vector[c];
    }

    double vector_length = 1e-4 + __builtin_sqrt(block_reduce<Sum>(square));
    int end = minimum(positions, (int)(blockIdx.x + 1) * per_part);
    double sum = 0;
    for (int p = blockIdx.x * per_part + threadIdx.x; p < end; p += BLOCK)
    {
        long long first = ((long long)image * positions + p) * channels;
        double dot = 0;
        double own = 0;
        for (int c = 0; c < channels; c++)
        {
            double a = tap[first + c];
            dot += a * vector[c];
            own += a * a;
        }

        double root = __builtin_sqrt(own);
        double length = 1e-4 + root;
        double cosine = dot / (length * vector_length);
        bool is_floor = !(cosine > 0.1);
        double factor = power == 0 ? 1 : power_of(is_floor ? 0.1 : cosine, power);
        float along = (float)(weight * factor * (is_floor ? 1 : 1 + power));
        float away = is_floor || root == 0 ? 0.0f : (float)(weight * power * dot * factor / (length * root));
        for (int c = 0; c < channels; c++)
        {
            gradient[first + c] += along * vector[c] - away * tap[first + c];
        }

        sum += dot * factor;
    }

    write_sum(sum, weight, parts, counters, image, gridDim.x, value);
}
