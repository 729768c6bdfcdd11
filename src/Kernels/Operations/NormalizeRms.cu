#include "reduce.cuh"

// parts[n, part] = the part's sum of squares.
BLOCK_KERNEL(sum_of_squares_f32, const float* __restrict__ gradient, double* parts, int count, int per_part)
{
    int image = blockIdx.y;
    const float* own = gradient + (long long)image * count;
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    double sum = 0;
    if (count % 4 == 0)
    {
        for (int i = blockIdx.x * per_part + threadIdx.x * 4; i < end; i += BLOCK * 4)
        {
            Float4 g = *(const Float4*)(own + i);
            sum += (double)g.x * g.x + (double)g.y * g.y + (double)g.z * g.z + (double)g.w * g.w;
        }
    }
    else
    {
        for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
        {
            sum += (double)own[i] * own[i];
        }
    }

    sum = block_reduce<Sum>(sum);
    if (threadIdx.x == 0)
    {
        parts[image * MAX_PARTS + blockIdx.x] = sum;
    }
}

// gradient /= sqrt(mean of squares) + epsilon. Every block adds up the parts of its image anew: cheaper than a launch.
BLOCK_KERNEL(divide_by_rms_f32, float* __restrict__ gradient, const double* __restrict__ parts, int part_count, double epsilon,
    int count, int per_part)
{
    int image = blockIdx.y;
    double squares = join_parts<Sum>(parts + image * MAX_PARTS, part_count);
    float divisor = (float)(__builtin_sqrt(squares / count) + epsilon);
    float* own = gradient + (long long)image * count;
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    if (count % 4 == 0)
    {
        for (int i = blockIdx.x * per_part + threadIdx.x * 4; i < end; i += BLOCK * 4)
        {
            Float4 g = *(Float4*)(own + i);
            *(Float4*)(own + i) = Float4{g.x / divisor, g.y / divisor, g.z / divisor, g.w / divisor};
        }
    }
    else
    {
        for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
        {
            own[i] /= divisor;
        }
    }
}
