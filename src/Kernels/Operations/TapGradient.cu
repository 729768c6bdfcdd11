#include "types.cuh"

// Gradients at a tap inside the network: what is given there joins what has come from above, and what has come is read.

// dy[n, p, c] += scale * the sum of gradient[n, p, k] over the k whose index is c, in the order of k; first[n, c] and next[n, k]
// chain those k, -1 ends a chain. One thread for eight channels of a position; blockIdx.y is the image.
template <class Type>
DEVICE void tap_gradient_add(const float* __restrict__ gradient, const int* __restrict__ first, const int* __restrict__ next,
    typename Type::Stored* __restrict__ dy, int positions, int channels, int wanted, float scale)
{
    int groups = channels / 8;
    int count = positions * groups;
    const float* from = gradient + (long long)blockIdx.y * positions * wanted;
    const int* chains = first + (long long)blockIdx.y * channels;
    const int* links = next + (long long)blockIdx.y * wanted;
    typename Type::Stored* to = dy + (long long)blockIdx.y * positions * channels;
    for (int i = blockIdx.x * BLOCK + threadIdx.x; i < count; i += gridDim.x * BLOCK)
    {
        int position = i / groups;
        int channel = (i - position * groups) * 8;
        Eight<Type> g;
        g.load(to + (long long)i * 8);
        bool any = false;
        UNROLL
        for (int c = 0; c < 8; c++)
        {
            float sum = 0;
            int k = chains[channel + c];
            any |= k >= 0;
            for (; k >= 0; k = links[k])
            {
                sum += from[(long long)position * wanted + k];
            }

            g.set(c, g.get(c) + scale * sum);
        }

        if (any)
        {
            g.store(to + (long long)i * 8);
        }
    }
}

// tap[n, p, k] = scale * dy[n, p, index[n, k]], 0 where the index is -1. blockIdx.y is the image.
template <class Type>
DEVICE void tap_gradient_read(const typename Type::Stored* __restrict__ dy, const int* __restrict__ index, float* __restrict__ tap,
    int positions, int channels, int wanted, float scale, int* status, int mark)
{
    int count = positions * wanted;
    const typename Type::Stored* from = dy + (long long)blockIdx.y * positions * channels;
    const int* own = index + (long long)blockIdx.y * wanted;
    float* to = tap + (long long)blockIdx.y * count;
    for (int i = blockIdx.x * BLOCK + threadIdx.x; i < count; i += gridDim.x * BLOCK)
    {
        int position = i / wanted;
        int channel = own[i - position * wanted];
        float value = channel < 0 ? 0.0f : scale * Type::widen(from[(long long)position * channels + channel]);
        to[i] = value;
        if (status != nullptr && !is_finite(value))
        {
            *status = mark;
        }
    }
}

#define TAP_GRADIENT(Type, suffix)                                                                                               \
    KERNEL(tap_gradient_add_##suffix, const float* __restrict__ gradient, const int* __restrict__ first,                         \
        const int* __restrict__ next, Type::Stored* __restrict__ dy, int positions, int channels, int wanted, float scale)       \
    {                                                                                                                            \
        tap_gradient_add<Type>(gradient, first, next, dy, positions, channels, wanted, scale);                                   \
    }                                                                                                                            \
                                                                                                                                 \
    KERNEL(tap_gradient_read_##suffix, const Type::Stored* __restrict__ dy, const int* __restrict__ index,                       \
        float* __restrict__ tap, int positions, int channels, int wanted, float scale, int* status, int mark)                    \
    {                                                                                                                            \
        tap_gradient_read<Type>(dy, index, tap, positions, channels, wanted, scale, status, mark);                               \
    }

EACH_TYPE(TAP_GRADIENT)
