#include "warp.cuh"

// Affine resampling: the value at (i, j) of the target comes from y = m0 i + m1 j + m2, x = m3 i + m4 j + m5 of the source,
// bilinearly. Positions and weights are computed in double precision by the same expressions both ways, so that the way
// back is the exact adjoint. A map that is not finite or squeezes everything into a line reads and writes nothing wrong;
// what it yields is not defined.
// target[n, i, j, c] = source[n, y, x, c]: the picture less what lies outside is resampled, 0 where there is no picture, and
// `back`, the same again, is added. One thread per value; blockIdx.y is the image.
KERNEL(warp_f32, const float* __restrict__ source, float* __restrict__ target, const float* __restrict__ maps,
    const float* __restrict__ step, int rows, int images, int from_height, int from_width, int height, int width, int channels,
    float outside, float back)
{
    int image = blockIdx.y;
    ImageMap m = map_of(maps, step, rows, images, image);
    int line = width * channels;
    int count = height * line;
    const float* from = source + (long long)image * from_height * from_width * channels;
    float* to = target + (long long)image * count;
    for (int e = blockIdx.x * BLOCK + threadIdx.x; e < count; e += gridDim.x * BLOCK)
    {
        int i = e / line;
        int place = e - i * line;
        int j = place / channels;
        int c = place - j * channels;
        to[e] = warped_pixel(m, i, j, from_height, from_width, channels).value(from, c, outside) + back;
    }
}

// The first of the places 0..side that is not below a bound, and the last that is not above one; not a number: all places.
DEVICE int first_from(double bound, int side)
{
    return bound > 0 ? bound < side ? (int)__builtin_ceil(bound) : side : 0;
}

DEVICE int last_to(double bound, int side)
{
    return bound >= side - 1 || bound != bound ? side - 1 : bound >= 0 ? (int)__builtin_floor(bound) : -1;
}

// The adjoint: target[n, y, x, c] = sum over (i, j), in row-major order, of gradient[n, i, j, c] times the weight that (y, x)
// had there. Those (i, j) lie in the square of two pixels around (y, x), led back through the inverse map; the rectangle
// around that is searched. One thread per value of the target (height, width); blockIdx.y is the image.
KERNEL(warp_backward_f32, const float* __restrict__ gradient, float* __restrict__ target, const float* __restrict__ maps,
    const float* __restrict__ step, int rows, int images, int from_height, int from_width, int height, int width, int channels)
{
    int image = blockIdx.y;
    ImageMap m = map_of(maps, step, rows, images, image);
    double inverse = 1 / (m.m0 * m.m4 - m.m1 * m.m3);

    // A little more than the square reaches, for what rounding moves.
    double reach_i = (__builtin_fabs(m.m4) + __builtin_fabs(m.m1)) * __builtin_fabs(inverse) + 0.01;
    double reach_j = (__builtin_fabs(m.m3) + __builtin_fabs(m.m0)) * __builtin_fabs(inverse) + 0.01;
    int line = width * channels;
    int count = height * line;
    const float* from = gradient + (long long)image * from_height * from_width * channels;
    float* to = target + (long long)image * count;
    for (int e = blockIdx.x * BLOCK + threadIdx.x; e < count; e += gridDim.x * BLOCK)
    {
        int py = e / line;
        int place = e - py * line;
        int px = place / channels;
        int c = place - px * channels;
        double down = py - m.m2;
        double right = px - m.m5;
        double middle_i = (m.m4 * down - m.m1 * right) * inverse;
        double middle_j = (m.m0 * right - m.m3 * down) * inverse;
        int last_i = last_to(middle_i + reach_i, from_height);
        int first_j = first_from(middle_j - reach_j, from_width);
        int last_j = last_to(middle_j + reach_j, from_width);
        float sum = 0;
        for (int i = first_from(middle_i - reach_i, from_height); i <= last_i; i++)
        {
            for (int j = first_j; j <= last_j; j++)
            {
                double y = m.m0 * i + m.m1 * j + m.m2;
                double x = m.m3 * i + m.m4 * j + m.m5;
                float weight = (float)weight_at(y - py, x - px);
                if (weight > 0)
                {
                    sum += weight * from[((long long)i * from_width + j) * channels + c];
                }
            }
        }

        to[e] = sum;
    }
}
