// Where a pixel of an affine view comes from; for the kernels that resample and the one that takes the view into the network.
#pragma once
#include "kernel.cuh"

struct ImageMap
{
    double m0, m1, m2, m3, m4, m5;
};

// The map of an image: row `step` of the table (rows, images, 6), the last row beyond it.
DEVICE ImageMap map_of(const float* __restrict__ maps, const float* __restrict__ step, int rows, int images, int image)
{
    int row = maximum(0, (int)*step < rows ? (int)*step : rows - 1);
    const float* map = maps + ((long long)row * images + image) * 6;
    return {map[0], map[1], map[2], map[3], map[4], map[5]};
}

// How much a place of the source that lies `across` and `along` from the position counts there; 0 from one pixel on.
DEVICE double weight_at(double across, double along)
{
    double a = 1 - __builtin_fabs(across);
    double b = 1 - __builtin_fabs(along);
    return a > 0 && b > 0 ? a * b : 0;
}

// The place at or before a position, kept where the places around it are still none of the source; not a number: before it.
DEVICE int place_before(double position, int side)
{
    return position > -2 ? position < side ? (int)__builtin_floor(position) : side : -2;
}

// The value of a channel at a position, from the four places around it, of a picture less what lies outside it: 0 where there
// is no picture.
struct WarpedPixel
{
    float weights[4];
    long long places[4];

    DEVICE_MEMBER float value(const float* from, int channel, float outside) const
    {
        float sum = 0;
        UNROLL
        for (int k = 0; k < 4; k++)
        {
            if (weights[k] > 0)
            {
                sum += weights[k] * (from[places[k] + channel] - outside);
            }
        }

        return sum;
    }
};

DEVICE WarpedPixel warped_pixel(const ImageMap& m, int i, int j, int from_height, int from_width, int channels)
{
    double y = m.m0 * i + m.m1 * j + m.m2;
    double x = m.m3 * i + m.m4 * j + m.m5;
    int top = place_before(y, from_height);
    int left = place_before(x, from_width);
    WarpedPixel pixel = {};
    UNROLL
    for (int k = 0; k < 4; k++)
    {
        int py = top + k / 2;
        int px = left + k % 2;
        bool inside = py >= 0 && py < from_height && px >= 0 && px < from_width;
        pixel.weights[k] = inside ? (float)weight_at(y - py, x - px) : 0.0f;
        pixel.places[k] = inside ? ((long long)py * from_width + px) * channels : 0;
    }

    return pixel;
}
