// The sums of the Lp norm, and p = 6: for its own kernels and for those that take it along.
#pragma once
#include "power.cuh"
#include "reduce.cuh"

// p = 6: its powers are products. A power of two scales the values first, which costs no
// bit, so that neither sixth powers of a bright image overflow nor those of a dark one vanish.
constexpr float SCALE = 1.0f / 256;

struct Sixth
{
    DEVICE_MEMBER double power(float x) const
    {
        float scaled = x * SCALE;
        float square = scaled * scaled;
        return square * square * square;
    }

    // sign(x) |x|^5.
    DEVICE_MEMBER float slope(float x) const
    {
        float scaled = x * SCALE;
        float square = scaled * scaled;
        return square * square * scaled;
    }
};

// The part's sum of powers.
template <class Exponent>
DEVICE void lp_sum(const float* own, Exponent exponent, double* part, int count, int per_part)
{
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    double sum = 0;
    if (count % 4 == 0)
    {
        for (int i = blockIdx.x * per_part + threadIdx.x * 4; i < end; i += BLOCK * 4)
        {
            Float4 x = *(const Float4*)(own + i);
            sum += exponent.power(x.x) + exponent.power(x.y) + exponent.power(x.z) + exponent.power(x.w);
        }
    }
    else
    {
        for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
        {
            sum += exponent.power(own[i]);
        }
    }

    sum = block_reduce<Sum>(sum);
    if (threadIdx.x == 0)
    {
        *part = sum;
    }
}

// sum^(1/p - 1), with the factor: what the gradient's slopes are multiplied by.
DEVICE float lp_scale(double sum, double p, double factor)
{
    return (float)(factor * power_of(sum, 1 / p - 1));
}

// The value of the norm with p = 6.
DEVICE float lp_value_sixth(double sum, double factor)
{
    return (float)(factor * power_of(sum, 1.0 / 6) / SCALE);
}
