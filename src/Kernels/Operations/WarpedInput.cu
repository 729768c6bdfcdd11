#include "input.cuh"
#include "warp.cuh"

// Warp of an RGB picture and network_input in one pass: the view, and y as the network takes it. The same values in the same
// order of operations, so the same bits as the two one after the other. One thread per pixel, which finds its place once for
// all three colours; blockIdx.y is the image.
template <class Type>
DEVICE void warped_input(const float* __restrict__ source, float* __restrict__ view, typename Type::Stored* __restrict__ y,
    const float* __restrict__ maps, const float* __restrict__ step, int rows, int images, int from_height, int from_width, int height,
    int width, float outside, float back, int reversed, float mean0, float mean1, float mean2)
{
    ImageMap m = map_of(maps, step, rows, images, blockIdx.y);
    int pixels = height * width;
    long long first = (long long)blockIdx.y * pixels;
    const float* from = source + (long long)blockIdx.y * from_height * from_width * 3;
    for (int e = blockIdx.x * BLOCK + threadIdx.x; e < pixels; e += gridDim.x * BLOCK)
    {
        int i = e / width;
        WarpedPixel pixel = warped_pixel(m, i, e - i * width, from_height, from_width, 3);
        float red = pixel.value(from, 0, outside) + back;
        float green = pixel.value(from, 1, outside) + back;
        float blue = pixel.value(from, 2, outside) + back;
        float* to = view + (first + e) * 3;
        to[0] = red;
        to[1] = green;
        to[2] = blue;
        entering<Type>(red, green, blue, reversed, mean0, mean1, mean2).store(y + (first + e) * 8);
    }
}

#define WARPED_INPUT(Type, suffix)                                                                                               \
    KERNEL(warped_input_##suffix, const float* __restrict__ source, float* __restrict__ view, Type::Stored* __restrict__ y,      \
        const float* __restrict__ maps, const float* __restrict__ step, int rows, int images, int from_height, int from_width,   \
        int height, int width, float outside, float back, int reversed, float mean0, float mean1, float mean2)                   \
    {                                                                                                                            \
        warped_input<Type>(source, view, y, maps, step, rows, images, from_height, from_width, height, width, outside, back,     \
            reversed, mean0, mean1, mean2);                                                                                      \
    }

EACH_TYPE(WARPED_INPUT)
