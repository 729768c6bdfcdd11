// Total variation: for its own kernels and for the one that takes the Lp norm along.
#pragma once
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

// Four neighbours on a 16-byte boundary, or zeros where they do not all lie within the image: those are never looked at.
DEVICE void load_four(const float* own, int i, int count, float* values)
{
    Float4 four = i >= 0 && i + 4 <= count ? *(const Float4*)(own + i) : Float4{0, 0, 0, 0};
    values[0] = four.x;
    values[1] = four.y;
    values[2] = four.z;
    values[3] = four.w;
}

// What is done with the gradient in the same pass: nothing else.
struct Alone
{
    // The gradient before this term, of a value.
    DEVICE_MEMBER float before(float g, float) const
    {
        return g;
    }

    // Four of the gradient behind it.
    DEVICE_MEMBER void behind(Float4)
    {
    }
};

// Value and gradient in one pass over the image; a thread takes four neighbouring values. The value at (y, x) is part of
// three terms: its own, that of the one above it and that of the one to its left. RGB: three channels and lines of whole
// fours, so that a thread gets all its neighbours by seven 128-bit loads.
//
// Where lines are whole fours, `along` sees the gradient before and behind.
template <bool RGB, class Exponent, class Along>
DEVICE void total_variation(const float* __restrict__ image, Exponent exponent, Along& along, float factor, double value_factor, float* value,
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
        float middle[12] = {}, upper[8] = {}, lower[8] = {};
        if (RGB)
        {
            load_four(own, e - 4, count, middle);
            load_four(own, e, count, middle + 4);
            load_four(own, e + 4, count, middle + 8);
            load_four(own, e - line, count, upper);
            load_four(own, e - line + 4, count, upper + 4);
            load_four(own, e + line - 4, count, lower);
            load_four(own, e + line, count, lower + 4);
        }

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
            float here = RGB ? middle[k + 4] : own[i];
            float sloped = 0;
            if (below && right)
            {
                float down = (RGB ? lower[k + 4] : own[i + line]) - here;
                float across = (RGB ? middle[k + 7] : own[i + channels]) - here;
                float s = down * down + across * across;
                sum += exponent.term(s);
                sloped -= exponent.slope(s) * (down + across);
            }

            if (y > 0 && right)
            {
                float above = RGB ? upper[k] : own[i - line];
                float down = here - above;
                float across = (RGB ? upper[k + 3] : own[i - line + channels]) - above;
                sloped += exponent.slope(down * down + across * across) * down;
            }

            if (place >= channels && below)
            {
                float left = RGB ? middle[k + 1] : own[i - channels];
                float across = here - left;
                float down = (RGB ? lower[k + 1] : own[i - channels + line]) - left;
                sloped += exponent.slope(down * down + across * across) * across;
            }

            slope[k] = sloped;
        }

        if (whole)
        {
            Float4 g = *(Float4*)(target + e);
            UNROLL
            for (int k = 0; k < 4; k++)
            {
                g[k] = along.before(g[k], RGB ? middle[k + 4] : own[e + k]) + factor * slope[k];
            }

            along.behind(g);
            *(Float4*)(target + e) = g;
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

    write_sum(sum, value_factor, parts, counters, index, gridDim.x, value);
}
