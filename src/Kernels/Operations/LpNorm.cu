#include "lp_norm.cuh"

// The norm in two passes; p = 6 by itself, other finite ones and infinity in three.
// Any finite p, with the values divided by the largest magnitude.
struct Powered
{
    double p;
    double largest;

    DEVICE_MEMBER double power(float x) const
    {
        return power_of(__builtin_fabsf(x) / largest, p);
    }

    DEVICE_MEMBER float slope(float x) const
    {
        double size = x == 0 ? 0 : power_of(__builtin_fabsf(x) / largest, p - 1);
        return (float)(x < 0 ? -size : size);
    }
};

// gradient += factor * slope(x) * sum^(1/p - 1); nothing where the sum is 0.
template <class Exponent>
DEVICE void lp_apply(const float* own, float* gradient, Exponent exponent, double sum, double p, double factor, int count, int per_part)
{
    if (sum == 0)
    {
        return;
    }

    float scaled = lp_scale(sum, p, factor);
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    if (count % 4 == 0)
    {
        for (int i = blockIdx.x * per_part + threadIdx.x * 4; i < end; i += BLOCK * 4)
        {
            Float4 x = *(const Float4*)(own + i);
            Float4 g = *(Float4*)(gradient + i);
            *(Float4*)(gradient + i) = Float4{g.x + scaled * exponent.slope(x.x), g.y + scaled * exponent.slope(x.y),
                g.z + scaled * exponent.slope(x.z), g.w + scaled * exponent.slope(x.w)};
        }
    }
    else
    {
        for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
        {
            gradient[i] += scaled * exponent.slope(own[i]);
        }
    }
}

BLOCK_KERNEL(lp_sum_sixth_f32, const float* __restrict__ image, double* parts, int count, int per_part)
{
    lp_sum(image + (long long)blockIdx.y * count, Sixth{}, parts + blockIdx.y * MAX_PARTS + blockIdx.x, count, per_part);
}

BLOCK_KERNEL(lp_apply_sixth_f32, const float* __restrict__ image, const double* __restrict__ parts, int part_count, double factor,
    float* value, float* __restrict__ gradient, int count, int per_part)
{
    double sum = join_parts<Sum>(parts + blockIdx.y * MAX_PARTS, part_count);
    if (blockIdx.x == 0 && threadIdx.x == 0)
    {
        value[blockIdx.y] = lp_value_sixth(sum, factor);
    }

    lp_apply(image + (long long)blockIdx.y * count, gradient + (long long)blockIdx.y * count, Sixth{}, sum, 6.0, factor, count, per_part);
}

// parts[n, part] = the largest magnitude, or the largest value.
BLOCK_KERNEL(lp_largest_f32, const float* __restrict__ image, double* parts, int magnitude, int count, int per_part)
{
    const float* own = image + (long long)blockIdx.y * count;
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    double largest = Largest::neutral();
    for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
    {
        largest = Largest::join(largest, magnitude != 0 ? __builtin_fabsf(own[i]) : own[i]);
    }

    largest = block_reduce<Largest>(largest);
    if (threadIdx.x == 0)
    {
        parts[blockIdx.y * MAX_PARTS + blockIdx.x] = largest;
    }
}

// sums[n, part], from the largest magnitudes in parts.
BLOCK_KERNEL(lp_sum_f32, const float* __restrict__ image, const double* __restrict__ parts, int part_count, double p, double* sums,
    int count, int per_part)
{
    double largest = join_parts<Largest>(parts + blockIdx.y * MAX_PARTS, part_count);
    lp_sum(image + (long long)blockIdx.y * count, Powered{p, largest == 0 ? 1 : largest}, sums + blockIdx.y * MAX_PARTS + blockIdx.x, count, per_part);
}

BLOCK_KERNEL(lp_apply_f32, const float* __restrict__ image, const double* __restrict__ parts, const double* __restrict__ sums,
    int part_count, double p, double factor, float* value, float* __restrict__ gradient, int count, int per_part)
{
    double largest = join_parts<Largest>(parts + blockIdx.y * MAX_PARTS, part_count);
    double sum = join_parts<Sum>(sums + blockIdx.y * MAX_PARTS, part_count);
    if (blockIdx.x == 0 && threadIdx.x == 0)
    {
        value[blockIdx.y] = (float)(factor * largest * power_of(sum, 1 / p));
    }

    lp_apply(image + (long long)blockIdx.y * count, gradient + (long long)blockIdx.y * count, Powered{p, largest == 0 ? 1 : largest}, sum, p, factor, count, per_part);
}

// counts[n, part] = how many values equal the image's largest.
BLOCK_KERNEL(lp_count_largest_f32, const float* __restrict__ image, const double* __restrict__ parts, int part_count, double* counts,
    int count, int per_part)
{
    double largest = join_parts<Largest>(parts + blockIdx.y * MAX_PARTS, part_count);
    const float* own = image + (long long)blockIdx.y * count;
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    double equal = 0;
    for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
    {
        equal += own[i] == largest;
    }

    equal = block_reduce<Sum>(equal);
    if (threadIdx.x == 0)
    {
        counts[blockIdx.y * MAX_PARTS + blockIdx.x] = equal;
    }
}

// Infinite p: the largest value; those that equal it share its gradient.
BLOCK_KERNEL(lp_apply_largest_f32, const float* __restrict__ image, const double* __restrict__ parts, const double* __restrict__ counts,
    int part_count, double factor, float* value, float* __restrict__ gradient, int count, int per_part)
{
    double largest = join_parts<Largest>(parts + blockIdx.y * MAX_PARTS, part_count);
    double equal = join_parts<Sum>(counts + blockIdx.y * MAX_PARTS, part_count);
    if (blockIdx.x == 0 && threadIdx.x == 0)
    {
        value[blockIdx.y] = (float)(factor * largest);
    }

    const float* own = image + (long long)blockIdx.y * count;
    float* target = gradient + (long long)blockIdx.y * count;
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
    {
        if (own[i] == largest)
        {
            target[i] += (float)(factor / equal);
        }
    }
}
