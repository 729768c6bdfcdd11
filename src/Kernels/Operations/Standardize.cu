#include "reduce.cuh"

// sums[n, part] = the part's sum.
BLOCK_KERNEL(sum_f32, const float* __restrict__ source, double* sums, int count, int per_part)
{
    int image = blockIdx.y;
    const float* own = source + (long long)image * count;
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    double sum = 0;
    for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
    {
        sum += own[i];
    }

    sum = block_reduce<Sum>(sum);
    if (threadIdx.x == 0)
    {
        sums[image * MAX_PARTS + blockIdx.x] = sum;
    }
}

// products[n, part] = the part's sum of (a - mean)(b - mean), or of (a - mean) b where the two are not the same tensor; the mean
// is that of a, from its sums.
BLOCK_KERNEL(centred_product_f32, const float* a, const float* b, const double* __restrict__ sums, double* products, int part_count,
    int is_square, int count, int per_part)
{
    int image = blockIdx.y;
    double mean = join_parts<Sum>(sums + image * MAX_PARTS, part_count) / count;
    double other = is_square ? mean : 0;
    const float* left = a + (long long)image * count;
    const float* right = b + (long long)image * count;
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    double sum = 0;
    for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
    {
        sum += (left[i] - mean) * (right[i] - other);
    }

    sum = block_reduce<Sum>(sum);
    if (threadIdx.x == 0)
    {
        products[image * MAX_PARTS + blockIdx.x] = sum;
    }
}

// target = (source - mean) / (deviation + epsilon). Every block adds up the parts of its image anew: cheaper than a launch.
BLOCK_KERNEL(standardize_f32, const float* __restrict__ source, float* __restrict__ target, const double* __restrict__ sums,
    const double* __restrict__ squares, int part_count, double epsilon, int count, int per_part)
{
    int image = blockIdx.y;
    double mean = join_parts<Sum>(sums + image * MAX_PARTS, part_count) / count;
    double divisor = __builtin_sqrt(join_parts<Sum>(squares + image * MAX_PARTS, part_count) / count) + epsilon;
    const float* own = source + (long long)image * count;
    float* to = target + (long long)image * count;
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
    {
        to[i] = (float)((own[i] - mean) / divisor);
    }
}

// target = (gradient - its mean) / divisor - (source - mean) slope, slope = mean(gradient (source - mean)) / (deviation divisor^2).
BLOCK_KERNEL(standardize_backward_f32, const float* __restrict__ source, const float* __restrict__ gradient, float* __restrict__ target,
    const double* __restrict__ sums, const double* __restrict__ squares, const double* __restrict__ gradient_sums,
    const double* __restrict__ products, int part_count, double epsilon, int count, int per_part)
{
    int image = blockIdx.y;
    double mean = join_parts<Sum>(sums + image * MAX_PARTS, part_count) / count;
    double deviation = __builtin_sqrt(join_parts<Sum>(squares + image * MAX_PARTS, part_count) / count);
    double gradient_mean = join_parts<Sum>(gradient_sums + image * MAX_PARTS, part_count) / count;
    double along = join_parts<Sum>(products + image * MAX_PARTS, part_count) / count;
    double divisor = deviation + epsilon;
    double slope = deviation == 0 ? 0 : along / (deviation * divisor * divisor);
    const float* own = source + (long long)image * count;
    const float* from = gradient + (long long)image * count;
    float* to = target + (long long)image * count;
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
    {
        to[i] = (float)((from[i] - gradient_mean) / divisor - (own[i] - mean) * slope);
    }
}
