#include "types.cuh"

// 2x2 maximum, stride 2; an odd last row or column is dropped. One thread takes eight channels of one output position;
// blockIdx.y is the image. The place of the maximum takes two bits: 2 * row + column, output i of the image in bits
// 2 (i mod 8) of 16-bit word i / 8. The first maximum in row-major order counts; not a number counts as larger than any.
template <class Type>
DEVICE void max_pool(const typename Type::Stored* __restrict__ x, typename Type::Stored* __restrict__ y, unsigned short* __restrict__ argmax,
    int height, int width, int channels, int* status, int mark)
{
    int groups = channels / 8;
    int rows = height / 2;
    int columns = width / 2;
    int count = rows * columns * groups;
    const typename Type::Stored* from = x + (long long)blockIdx.y * height * width * channels;
    long long base = (long long)blockIdx.y * count;
    for (int i = blockIdx.x * BLOCK + threadIdx.x; i < count; i += gridDim.x * BLOCK)
    {
        int position = i / groups;
        int channel = (i - position * groups) * 8;
        int row = position / columns;
        int column = position - row * columns;
        const typename Type::Stored* window = from + ((long long)(row * 2) * width + column * 2) * channels + channel;
        Eight<Type> v[4];
        v[0].load(window);
        v[1].load(window + channels);
        v[2].load(window + (long long)width * channels);
        v[3].load(window + (long long)width * channels + channels);
        Eight<Type> best = v[0];
        unsigned places = 0;
        bool finite = true;
        UNROLL
        for (int c = 0; c < 8; c++)
        {
            float largest = v[0].get(c);
            unsigned place = 0;
            UNROLL
            for (int k = 1; k < 4; k++)
            {
                float other = v[k].get(c);
                if (other > largest || is_nan(other))
                {
                    largest = other;
                    place = k;
                }
            }

            best.set(c, largest);
            places |= place << (2 * c);
            finite &= is_finite(largest);
        }

        best.store(y + (base + i) * 8);
        if (argmax != nullptr)
        {
            argmax[base + i] = (unsigned short)places;
        }

        if (status != nullptr && !finite)
        {
            *status = mark;
        }
    }
}

// dx = dy where the maximum was, 0 elsewhere; every place of dx is written, a dropped row or column by its neighbour.
template <class Type>
DEVICE void max_pool_backward(const typename Type::Stored* __restrict__ dy, const unsigned short* __restrict__ argmax,
    typename Type::Stored* __restrict__ dx, int height, int width, int channels)
{
    int groups = channels / 8;
    int rows = height / 2;
    int columns = width / 2;
    int count = rows * columns * groups;
    typename Type::Stored* to = dx + (long long)blockIdx.y * height * width * channels;
    long long base = (long long)blockIdx.y * count;
    Eight<Type> zero;
    UNROLL
    for (int c = 0; c < 8; c++)
    {
        zero.set(c, 0.0f);
    }

    for (int i = blockIdx.x * BLOCK + threadIdx.x; i < count; i += gridDim.x * BLOCK)
    {
        int position = i / groups;
        int channel = (i - position * groups) * 8;
        int row = position / columns;
        int column = position - row * columns;
        Eight<Type> g;
        g.load(dy + (base + i) * 8);
        unsigned places = argmax[base + i];
        typename Type::Stored* window = to + ((long long)(row * 2) * width + column * 2) * channels + channel;
        UNROLL
        for (int k = 0; k < 4; k++)
        {
            Eight<Type> part;
            UNROLL
            for (int c = 0; c < 8; c++)
            {
                part.set(c, ((places >> (2 * c)) & 3u) == (unsigned)k ? g.get(c) : 0.0f);
            }

            part.store(window + (long long)(k / 2) * width * channels + k % 2 * channels);
        }

        bool last_column = width % 2 != 0 && column == columns - 1;
        bool last_row = height % 2 != 0 && row == rows - 1;
        if (last_column)
        {
            zero.store(window + 2 * channels);
            zero.store(window + (long long)width * channels + 2 * channels);
        }

        if (last_row)
        {
            zero.store(window + 2ll * width * channels);
            zero.store(window + 2ll * width * channels + channels);
        }

        if (last_row && last_column)
        {
            zero.store(window + 2ll * width * channels + 2 * channels);
        }
    }
}

#define MAX_POOL(Type, suffix)                                                                                                   \
    KERNEL(max_pool_##suffix, const Type::Stored* __restrict__ x, Type::Stored* __restrict__ y, unsigned short* __restrict__ argmax, \
        int height, int width, int channels, int* status, int mark)                                                              \
    {                                                                                                                            \
        max_pool<Type>(x, y, argmax, height, width, channels, status, mark);                                                     \
    }                                                                                                                            \
                                                                                                                                 \
    KERNEL(max_pool_backward_##suffix, const Type::Stored* __restrict__ dy, const unsigned short* __restrict__ argmax,           \
        Type::Stored* __restrict__ dx, int height, int width, int channels)                                                      \
    {                                                                                                                            \
        max_pool_backward<Type>(dy, argmax, dx, height, width, channels);                                                        \
    }

EACH_TYPE(MAX_POOL)
