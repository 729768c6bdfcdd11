#include "shift.cuh"

// The places of an axis that a shift filled from place `to`, in order: at most three are asked, -1 stands for none. A place
// `to` goes to `to + s`, and one period before or behind that; where both ends lie in the picture it goes to both.
DEVICE int shifted_to(int to, int s, int n, int mode, int k)
{
    int period = mode == SCIPY_WRAP ? n - 1 : n;
    int place = to + s + (k - 1) * period;
    bool fits = place >= 0 && place < n && (period > 0 || k == 1);
    return fits && shift_origin(place, s, n, mode) == to ? place : -1;
}

// The adjoint of shift_f32: target[n, y, x, c] = the sum of gradient[n, i, j, c] over all (i, j) that the shift filled from
// (y, x), in row-major order of (i, j). One thread per value; blockIdx.y is the image.
KERNEL(shift_backward_f32, const float* __restrict__ gradient, float* __restrict__ target, const float* __restrict__ shifts,
    const float* __restrict__ step, int rows, int images, int height, int width, int channels, int mode)
{
    int image = blockIdx.y;
    ImageShift shift = shift_of(shifts, step, rows, images, image, height, width);
    int line = width * channels;
    int count = height * line;
    const float* from = gradient + (long long)image * count;
    float* to = target + (long long)image * count;
    for (int e = blockIdx.x * BLOCK + threadIdx.x; e < count; e += gridDim.x * BLOCK)
    {
        int y = e / line;
        int place = e - y * line;
        int x = place / channels;
        int c = place - x * channels;
        float sum = 0;
        for (int a = 0; a < 3; a++)
        {
            int i = shifted_to(y, shift.dy, height, mode, a);
            for (int b = 0; i >= 0 && b < 3; b++)
            {
                int j = shifted_to(x, shift.dx, width, mode, b);
                if (j >= 0)
                {
                    sum += from[(long long)(i * width + j) * channels + c];
                }
            }
        }

        to[e] = sum;
    }
}
