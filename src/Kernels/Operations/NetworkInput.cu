#include "input.cuh"
#include "lp_norm.cuh"

// The image (N, H, W, 3) as the network takes it. One thread per pixel.
template <class Type>
DEVICE void network_input(const float* __restrict__ image, typename Type::Stored* __restrict__ y, unsigned long long pixels,
    int reversed, float mean0, float mean1, float mean2)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < pixels; i += threads)
    {
        entering<Type>(image[i * 3], image[i * 3 + 1], image[i * 3 + 2], reversed, mean0, mean1, mean2).store(y + i * 8);
    }
}

// The gradient on its way back: the transpose, times a factor (one over the loss scale), or where given one for each image of
// `pixels_each` pixels. All blocks of the grid share the pixels, whatever else they do.
template <class Type>
DEVICE void network_input_backward(const typename Type::Stored* __restrict__ dy, float* __restrict__ gradient, unsigned long long pixels,
    int reversed, float scale, const float* __restrict__ scales, unsigned pixels_each, int* status, int mark)
{
    unsigned long long threads = (unsigned long long)gridDim.x * gridDim.y * BLOCK;
    unsigned long long first = (unsigned long long)(blockIdx.y * gridDim.x + blockIdx.x) * BLOCK + threadIdx.x;
    for (unsigned long long i = first; i < pixels; i += threads)
    {
        Eight<Type> eight;
        eight.load(dy + i * 8);
        float own = scales == nullptr ? scale : scales[i / pixels_each];
        float first = eight.get(0) * own;
        float second = eight.get(1) * own;
        float third = eight.get(2) * own;
        gradient[i * 3] = reversed != 0 ? third : first;
        gradient[i * 3 + 1] = second;
        gradient[i * 3 + 2] = reversed != 0 ? first : third;
        if (status != nullptr && !(is_finite(first) && is_finite(second) && is_finite(third)))
        {
            *status = mark;
        }
    }
}

// The last: with the sums of the Lp norm, p = 6, of the picture, which need nothing of the gradient. blockIdx.x is the part,
// blockIdx.y the image.
#define NETWORK_INPUT(Type, suffix)                                                                                              \
    KERNEL(network_input_##suffix, const float* __restrict__ image, Type::Stored* __restrict__ y, unsigned long long pixels,     \
        int reversed, float mean0, float mean1, float mean2)                                                                     \
    {                                                                                                                            \
        network_input<Type>(image, y, pixels, reversed, mean0, mean1, mean2);                                                    \
    }                                                                                                                            \
                                                                                                                                 \
    KERNEL(network_input_backward_##suffix, const Type::Stored* __restrict__ dy, float* __restrict__ gradient,                   \
        unsigned long long pixels, int reversed, float scale, const float* __restrict__ scales, unsigned pixels_each,            \
        int* status, int mark)                                                                                                   \
    {                                                                                                                            \
        network_input_backward<Type>(dy, gradient, pixels, reversed, scale, scales, pixels_each, status, mark);                  \
    }                                                                                                                            \
                                                                                                                                 \
    BLOCK_KERNEL(network_input_backward_sum_sixth_##suffix, const Type::Stored* __restrict__ dy, float* __restrict__ gradient,   \
        unsigned long long pixels, int reversed, float scale, const float* __restrict__ scales, unsigned pixels_each,            \
        int* status, int mark, const float* __restrict__ image, double* parts, int count, int per_part)                          \
    {                                                                                                                            \
        network_input_backward<Type>(dy, gradient, pixels, reversed, scale, scales, pixels_each, status, mark);                  \
        lp_sum(image + (long long)blockIdx.y * count, Sixth{}, parts + blockIdx.y * MAX_PARTS + blockIdx.x, count, per_part);    \
    }

EACH_TYPE(NETWORK_INPUT)
