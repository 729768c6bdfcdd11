#include "input.cuh"
#include "shift.cuh"

// Shift and network_input in one pass: shifted[n, y, x, c] = image[n, origin(y), origin(x), c], and y as the network takes
// that. The same values in the same order of operations, so the same bits as the two one after the other. One thread per
// pixel; blockIdx.y is the image.
template <class Type>
DEVICE void shifted_input(const float* __restrict__ image, float* __restrict__ shifted, typename Type::Stored* __restrict__ y,
    const float* __restrict__ shifts, const float* __restrict__ step, int rows, int images, int height, int width, int mode,
    int reversed, float mean0, float mean1, float mean2)
{
    ImageShift shift = shift_of(shifts, step, rows, images, blockIdx.y, height, width);
    int pixels = height * width;
    long long first = (long long)blockIdx.y * pixels;
    for (int i = blockIdx.x * BLOCK + threadIdx.x; i < pixels; i += gridDim.x * BLOCK)
    {
        int line = i / width;
        int origin = shift_origin(line, shift.dy, height, mode) * width + shift_origin(i - line * width, shift.dx, width, mode);
        const float* from = image + (first + origin) * 3;
        float* to = shifted + (first + i) * 3;
        to[0] = from[0];
        to[1] = from[1];
        to[2] = from[2];
        entering<Type>(from[0], from[1], from[2], reversed, mean0, mean1, mean2).store(y + (first + i) * 8);
    }
}

#define SHIFTED_INPUT(Type, suffix)                                                                                              \
    KERNEL(shifted_input_##suffix, const float* __restrict__ image, float* __restrict__ shifted, Type::Stored* __restrict__ y,   \
        const float* __restrict__ shifts, const float* __restrict__ step, int rows, int images, int height, int width,           \
        int mode, int reversed, float mean0, float mean1, float mean2)                                                           \
    {                                                                                                                            \
        shifted_input<Type>(image, shifted, y, shifts, step, rows, images, height, width, mode, reversed, mean0, mean1, mean2);  \
    }

EACH_TYPE(SHIFTED_INPUT)
