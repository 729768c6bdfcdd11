// An optimiser's step over a picture, on a gradient that may have to be divided by its root mean square first, and the end of
// the step with it.
#pragma once
#include "step_end.cuh"

// The division that NormalizeRms asks for: by the sums of squares of an image's parts, or none.
struct Division
{
    bool divides;
    float divisor;

    DEVICE_MEMBER float of(float g) const
    {
        return divides ? g / divisor : g;
    }
};

// Every block adds up the parts of its image anew: cheaper than a launch. All threads of the block must call it.
DEVICE Division division_by_rms(const double* parts, int part_count, double epsilon, int count)
{
    if (parts == nullptr)
    {
        return Division{false, 1.0f};
    }

    double squares = join_parts<Sum>(parts + blockIdx.y * MAX_PARTS, part_count);
    return Division{true, (float)(__builtin_sqrt(squares / count) + epsilon)};
}

// Optimiser::step(x, g, state) gives the new x and changes the state, an array of STATES numbers. A gradient that is divided is
// left divided.
template <class Optimiser>
struct Descent
{
    Optimiser optimiser;
    Division division;
    float* image;
    float* gradient;
    float* state[Optimiser::STATES];

    DEVICE_MEMBER float one(long long i) const
    {
        float g = division.of(gradient[i]);
        float s[Optimiser::STATES];
        UNROLL
        for (int k = 0; k < Optimiser::STATES; k++)
        {
            s[k] = state[k][i];
        }

        float x = optimiser.step(image[i], g, s);
        image[i] = x;
        UNROLL
        for (int k = 0; k < Optimiser::STATES; k++)
        {
            state[k][i] = s[k];
        }

        if (division.divides)
        {
            gradient[i] = g;
        }

        return x;
    }

    DEVICE_MEMBER Float4 four(long long i) const
    {
        Float4 x = *(const Float4*)(image + i);
        Float4 g = *(const Float4*)(gradient + i);
        Float4 s[Optimiser::STATES];
        UNROLL
        for (int k = 0; k < Optimiser::STATES; k++)
        {
            s[k] = *(const Float4*)(state[k] + i);
        }

        UNROLL
        for (int lane = 0; lane < 4; lane++)
        {
            float own[Optimiser::STATES];
            UNROLL
            for (int k = 0; k < Optimiser::STATES; k++)
            {
                own[k] = s[k][lane];
            }

            g[lane] = division.of(g[lane]);
            x[lane] = optimiser.step(x[lane], g[lane], own);
            UNROLL
            for (int k = 0; k < Optimiser::STATES; k++)
            {
                s[k][lane] = own[k];
            }
        }

        *(Float4*)(image + i) = x;
        UNROLL
        for (int k = 0; k < Optimiser::STATES; k++)
        {
            *(Float4*)(state[k] + i) = s[k];
        }

        if (division.divides)
        {
            *(Float4*)(gradient + i) = g;
        }

        return x;
    }
};
