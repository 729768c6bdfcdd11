// Where a shifted image comes from; for the kernel that shifts and the one that shifts on the way into the network.
#pragma once
#include "kernel.cuh"

constexpr int SCIPY_WRAP = 0;

// Where the value at place j comes from when an axis of n places is shifted by s, |s| < n.
DEVICE int shift_origin(int j, int s, int n, int mode)
{
    int origin = j - s;
    if (mode == SCIPY_WRAP)
    {
        // SciPy's period is n - 1: the last place repeats the first.
        return origin < 0 ? origin + n - 1 : origin > n - 1 ? origin - (n - 1) : origin;
    }

    return origin < 0 ? origin + n : origin >= n ? origin - n : origin;
}

struct ImageShift
{
    int dy, dx;
};

// The shift of an image: row `step` of the table (rows, images, 2), the last row beyond it; cut off at one less than the side.
DEVICE ImageShift shift_of(const float* __restrict__ shifts, const float* __restrict__ step, int rows, int images, int image,
    int height, int width)
{
    int row = maximum(0, (int)*step < rows ? (int)*step : rows - 1);
    const float* shift = shifts + ((long long)row * images + image) * 2;
    return {maximum(1 - height, minimum(height - 1, (int)shift[0])), maximum(1 - width, minimum(width - 1, (int)shift[1]))};
}
