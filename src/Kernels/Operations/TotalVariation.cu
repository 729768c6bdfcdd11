#include "power.cuh"
#include "reduce.cuh"

// Exponent 2: the term is the squared length s of the local difference, its derivative by s is 1.
struct Squared
{
    DEVICE_MEMBER float term(float s) const
    {
        return s;
    }

    DEVICE_MEMBER float slope(float) const
    {
        return 1.0f;
    }
};

// Any exponent: s^half, and half * s^(half - 1), 0 where there is no difference at all.
struct Powered
{
    double half;

    DEVICE_MEMBER float term(float s) const
    {
        return (float)power_of(s, half);
    }

    DEVICE_MEMBER float slope(float s) const
    {
        return s == 0 ? 0.0f : (float)(half * power_of(s, half - 1));
    }
};

// Value and gradient in one pass over the image; a thread takes four neighbouring values. The value at (y, x) is part of
// three terms: its own, that of the one above it and that of the one to its left.
template <class Exponent>
DEVICE void total_variation(const float* __restrict__ image, Exponent exponent, float factor, double value_factor, float* value,
    float* gradient, double* parts, unsigned* counters, int height, int line, int channels, int per_part)
{
    int index = blockIdx.y;
    int count = height * line;
    const float* own = image + (long long)index * count;
    float* target = gradient + (long long)index * count;
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    bool whole = line % 4 == 0;
    double sum = 0;
    for (int e = blockIdx.x * per_part + threadIdx.x * 4; e < end; e += BLOCK * 4)
    {
        int y = e / line;
        int place = e - y * line;
        float slope[4];
        UNROLL
        for (int k = 0; k < 4; k++, place++)
        {
            slope[k] = 0;
            if (place == line)
            {
                place = 0;
                y++;
            }

            int i = e + k;
            if (i >= end)
            {
                continue;
            }

            bool below = y + 1 < height;
            bool right = place + channels < line;
            float here = own[i];
            float sloped = 0;
            if (below && right)
            {
                float down = own[i + line] - here;
                float across = own[i + channels] - here;
                float s = down * down + across * across;
                sum += exponent.term(s);
                sloped -= exponent.slope(s) * (down + across);
            }

            if (y > 0 && right)
            {
                float above = own[i - line];
                float down = here - above;
                float across = own[i - line + channels] - above;
                sloped += exponent.slope(down * down + across * across) * down;
            }

            if (place >= channels && below)
            {
                float left = own[i - channels];
                float across = here - left;
                float down = own[i - channels + line] - left;
                sloped += exponent.slope(down * down + across * across) * across;
            }

            slope[k] = sloped;
        }

        if (whole)
        {
            Float4 g = *(Float4*)(target + e);
            *(Float4*)(target + e) = Float4{g.x + factor * slope[0], g.y + factor * slope[1], g.z + factor * slope[2], g.w + factor * slope[3]};
        }
        else
        {
            UNROLL
            for (int k = 0; k < 4; k++)
            {
                if (e + k < end)
                {
                    target[e + k] += factor * slope[k];
                }
            }
        }
    }

    sum = block_reduce<Sum>(sum);
    if (threadIdx.x == 0)
    {
        parts[index * MAX_PARTS + blockIdx.x] = sum;
    }

    if (is_last_block(counters + index, gridDim.x))
    {
        double total = join_parts<Sum>(parts + index * MAX_PARTS, gridDim.x);
        if (threadIdx.x == 0)
        {
            value[index] = (float)(value_factor * total);
        }
    }
}

// value_factor = weight / values per image, factor = twice that: the derivative of a squared difference.
BLOCK_KERNEL(total_variation_squared_f32, const float* __restrict__ image, float factor, double value_factor, float* value,
    float* gradient, double* parts, unsigned* counters, int height, int line, int channels, int per_part)
{
    total_variation(image, Squared{}, factor, value_factor, value, gradient, parts, counters, height, line, channels, per_part);
}

BLOCK_KERNEL(total_variation_f32, const float* __restrict__ image, double half_beta, float factor, double value_factor, float* value,
    float* gradient, double* parts, unsigned* counters, int height, int line, int channels, int per_part)
{
    total_variation(image, Powered{half_beta}, factor, value_factor, value, gradient, parts, counters, height, line, channels, per_part);
}
