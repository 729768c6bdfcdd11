#include "types.cuh"

// tap[n, p, k] = y[n, p, index[n, k]], 0 where the index is -1. blockIdx.y is the image.
template <class Type>
DEVICE void tap_gather(const typename Type::Stored* __restrict__ y, const int* __restrict__ index, float* __restrict__ tap, int positions,
    int channels, int wanted, int* status, int mark)
{
    int count = positions * wanted;
    const typename Type::Stored* from = y + (long long)blockIdx.y * positions * channels;
    const int* own = index + (long long)blockIdx.y * wanted;
    float* to = tap + (long long)blockIdx.y * count;
    for (int i = blockIdx.x * BLOCK + threadIdx.x; i < count; i += gridDim.x * BLOCK)
    {
        int position = i / wanted;
        int channel = own[i - position * wanted];
        float value = channel < 0 ? 0.0f : Type::widen(from[(long long)position * channels + channel]);
        to[i] = value;
        if (status != nullptr && !is_finite(value))
        {
            *status = mark;
        }
    }
}

// dy[n, p, c] = scale * the sum of gradient[n, p, k] over the k whose index is c, in the order of k; 0 where the mask is
// not above 0. first[n, c] and next[n, k] chain those k, -1 ends a chain. One thread for eight channels of a position.
template <class Type>
DEVICE void tap_scatter(const float* __restrict__ gradient, const int* __restrict__ first, const int* __restrict__ next,
    const typename Type::Stored* __restrict__ mask, typename Type::Stored* __restrict__ dy, int positions, int channels, int wanted, float scale)
{
    int groups = channels / 8;
    int count = positions * groups;
    const float* from = gradient + (long long)blockIdx.y * positions * wanted;
    const int* chains = first + (long long)blockIdx.y * channels;
    const int* links = next + (long long)blockIdx.y * wanted;
    long long base = (long long)blockIdx.y * positions * channels;
    for (int i = blockIdx.x * BLOCK + threadIdx.x; i < count; i += gridDim.x * BLOCK)
    {
        int position = i / groups;
        int channel = (i - position * groups) * 8;
        long long place = base + (long long)i * 8;
        Eight<Type> g, on;
        if (mask != nullptr)
        {
            on.load(mask + place);
        }

        UNROLL
        for (int c = 0; c < 8; c++)
        {
            float sum = 0;
            for (int k = chains[channel + c]; k >= 0; k = links[k])
            {
                sum += from[(long long)position * wanted + k];
            }

            g.set(c, mask == nullptr || on.get(c) > 0 ? scale * sum : 0.0f);
        }

        g.store(dy + place);
    }
}

#define TAP(Type, suffix)                                                                                                        \
    KERNEL(tap_gather_##suffix, const Type::Stored* __restrict__ y, const int* __restrict__ index, float* __restrict__ tap,      \
        int positions, int channels, int wanted, int* status, int mark)                                                          \
    {                                                                                                                            \
        tap_gather<Type>(y, index, tap, positions, channels, wanted, status, mark);                                              \
    }                                                                                                                            \
                                                                                                                                 \
    KERNEL(tap_scatter_##suffix, const float* __restrict__ gradient, const int* __restrict__ first, const int* __restrict__ next,\
        const Type::Stored* __restrict__ mask, Type::Stored* __restrict__ dy, int positions, int channels, int wanted, float scale) \
    {                                                                                                                            \
        tap_scatter<Type>(gradient, first, next, mask, dy, positions, channels, wanted, scale);                                  \
    }

EACH_TYPE(TAP)
