#include "reduce.cuh"
#include "types.cuh"

// An image's tap[p, k] = y[p, index[k]], 0 where the index is -1.
template <class Type>
struct Gathering
{
    const typename Type::Stored* y;
    const int* index;
    float* tap;
    int channels;
    int wanted;
    int* status;
    int mark;

    DEVICE_MEMBER float one(int i) const
    {
        int position = i / wanted;
        int channel = index[i - position * wanted];
        float value = channel < 0 ? 0.0f : Type::widen(y[(long long)position * channels + channel]);
        tap[i] = value;
        if (status != nullptr && !is_finite(value))
        {
            *status = mark;
        }

        return value;
    }
};

// blockIdx.y is the image.
template <class Type>
DEVICE Gathering<Type> gathering(const typename Type::Stored* __restrict__ y, const int* __restrict__ index, float* __restrict__ tap, int positions,
    int channels, int wanted, int* status, int mark)
{
    long long image = blockIdx.y;
    return {y + image * positions * channels, index + image * wanted, tap + image * positions * wanted, channels, wanted, status, mark};
}

template <class Type>
DEVICE void tap_gather(const typename Type::Stored* __restrict__ y, const int* __restrict__ index, float* __restrict__ tap, int positions,
    int channels, int wanted, int* status, int mark)
{
    Gathering<Type> own = gathering<Type>(y, index, tap, positions, channels, wanted, status, mark);
    for (int i = blockIdx.x * BLOCK + threadIdx.x; i < positions * wanted; i += gridDim.x * BLOCK)
    {
        own.one(i);
    }
}

// The gathering, and value[n] = factor * the sum of what is gathered, in the order of channel_mean_f32: by the first blocks of
// an image, a part each.
template <class Type>
DEVICE void tap_mean(const Gathering<Type>& own, int count, double factor, float* value, double* parts, unsigned* counters, int part_count,
    int per_part)
{
    int image = blockIdx.y;
    if ((int)blockIdx.x >= part_count)
    {
        return;
    }

    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    double sum = 0;
    if (count % 4 == 0)
    {
        for (int i = blockIdx.x * per_part + threadIdx.x * 4; i < end; i += BLOCK * 4)
        {
            float v[4];
            UNROLL
            for (int k = 0; k < 4; k++)
            {
                v[k] = own.one(i + k);
            }

            sum += (double)v[0] + v[1] + v[2] + v[3];
        }
    }
    else
    {
        for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
        {
            sum += own.one(i);
        }
    }

    write_sum(sum, factor, parts, counters, image, part_count, value);
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

// The last: the way up ends and the way back begins. What is scattered, if anything is, depends on nothing that is gathered.
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
    }                                                                                                                            \
                                                                                                                                 \
    BLOCK_KERNEL(tap_mean_##suffix, const Type::Stored* __restrict__ y, const int* __restrict__ index, float* __restrict__ tap,  \
        int positions, int channels, int wanted, int* status, int mark, double factor, float* value, double* parts,              \
        unsigned* counters, int part_count, int per_part, const float* __restrict__ gradient, const int* __restrict__ first,     \
        const int* __restrict__ next, const Type::Stored* __restrict__ mask, Type::Stored* __restrict__ dy, float scale)         \
    {                                                                                                                            \
        Gathering<Type> own = gathering<Type>(y, index, tap, positions, channels, wanted, status, mark);                         \
        tap_mean(own, positions * wanted, factor, value, parts, counters, part_count, per_part);                                 \
        if (dy != nullptr)                                                                                                       \
        {                                                                                                                        \
            tap_scatter<Type>(gradient, first, next, mask, dy, positions, channels, wanted, scale);                              \
        }                                                                                                                        \
    }

EACH_TYPE(TAP)
