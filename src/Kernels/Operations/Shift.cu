#include "shift.cuh"

// target[n, y, x, c] = source[n, origin(y), origin(x), c]; the shift (dy, dx) is row `step` of the table, the last row
// beyond it. One thread for four neighbouring values of an image; blockIdx.y is the image.
KERNEL(shift_f32, const float* __restrict__ source, float* __restrict__ target, const float* __restrict__ shifts,
    const float* __restrict__ step, int rows, int images, int height, int width, int channels, int mode)
{
    int image = blockIdx.y;
    ImageShift shift = shift_of(shifts, step, rows, images, image, height, width);
    int line = width * channels;
    int count = height * line;
    const float* from = source + (long long)image * count;
    float* to = target + (long long)image * count;
    for (int e = (blockIdx.x * BLOCK + threadIdx.x) * 4; e < count; e += gridDim.x * BLOCK * 4)
    {
        int y = e / line;
        int place = e - y * line;
        int x = place / channels;
        int c = place - x * channels;
        float value[4];
        int valid = minimum(4, count - e);
        UNROLL
        for (int k = 0; k < 4; k++)
        {
            value[k] = k < valid
                ? from[(long long)(shift_origin(y, shift.dy, height, mode) * width + shift_origin(x, shift.dx, width, mode)) * channels + c]
                : 0.0f;
            if (++c == channels)
            {
                c = 0;
                if (++x == width)
                {
                    x = 0;
                    y++;
                }
            }
        }

        if (count % 4 == 0)
        {
            *(Float4*)(to + e) = Float4{value[0], value[1], value[2], value[3]};
        }
        else
        {
            UNROLL
            for (int k = 0; k < 4; k++)
            {
                if (k < valid)
                {
                    to[e + k] = value[k];
                }
            }
        }
    }
}
