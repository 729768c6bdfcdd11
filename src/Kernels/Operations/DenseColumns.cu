#include "reduce.cuh"
#include "types.cuh"

// y[n, j] = sum over k of v[n, k] matrix[k, j] + bias[j], for small batches of vectors that are mostly zeros: rows whose v is
// 0 in every image are not read. Each warp lists the rows of its own stretch that count, then reads them four at a time,
// eight columns to a lane; the warps of a block are summed in shared memory, the blocks of a tile by the one that ends last.
//
// The weights are the network's own type, or bytes (Int8) with a factor for each column, which its sum is multiplied by.
//
// Which warp adds which row is a matter of its number alone, and a row that is 0 for an image adds 0 to it: so an image's
// result does not depend on what the other images read.
constexpr int TILE = WARP * 8;
constexpr int MAX_STRETCH = 256;
constexpr int AT_ONCE = 4;

template <class Type, class Weight, int IMAGES>
DEVICE void dense_columns(const typename Type::Stored* __restrict__ v, const typename Weight::Stored* __restrict__ matrix,
    const float* __restrict__ largest, volatile float* partial, const float* __restrict__ bias, const typename Type::Stored* __restrict__ mask,
    typename Type::Stored* __restrict__ y, unsigned* counters, int images, int rows, int columns, int stretch, int relu)
{
    __shared__ unsigned short lists[BLOCK / WARP][MAX_STRETCH];
    __shared__ float sums[BLOCK / WARP][TILE];
    int warp = threadIdx.x / WARP;
    int lane = threadIdx.x % WARP;
    int image = blockIdx.z * IMAGES;
    int first = (blockIdx.y * (BLOCK / WARP) + warp) * stretch;
    int count = 0;
    for (int offset = 0; offset < stretch; offset += WARP)
    {
        int k = first + offset + lane;
        bool counts = false;
        if (offset + lane < stretch && k < rows)
        {
            UNROLL
            for (int n = 0; n < IMAGES; n++)
            {
                counts |= image + n < images && Type::widen(v[(long long)(image + n) * rows + k]) != 0;
            }
        }

        unsigned votes = ballot(counts);
        if (counts)
        {
            lists[warp][count + __builtin_popcount(votes & ((1u << lane) - 1))] = (unsigned short)(offset + lane);
        }

        count += __builtin_popcount(votes);
    }

    block_barrier();
    int column = blockIdx.x * TILE + lane * 8;
    float sum[IMAGES][8] = {};
    if (column < columns)
    {
        for (int i = 0; i < count; i += AT_ONCE)
        {
            Eight<Weight> w[AT_ONCE];
            UNROLL
            for (int a = 0; a < AT_ONCE; a++)
            {
                if (i + a < count)
                {
                    w[a].load(matrix + (long long)(first + lists[warp][i + a]) * columns + column);
                }
            }

            UNROLL
            for (int a = 0; a < AT_ONCE; a++)
            {
                if (i + a < count)
                {
                    int k = first + lists[warp][i + a];
                    UNROLL
                    for (int n = 0; n < IMAGES; n++)
                    {
                        if (image + n < images)
                        {
                            float x = Type::widen(v[(long long)(image + n) * rows + k]);
                            UNROLL
                            for (int c = 0; c < 8; c++)
                            {
                                sum[n][c] = __builtin_fmaf(x, w[a].get(c), sum[n][c]);
                            }
                        }
                    }
                }
            }
        }
    }

    UNROLL
    for (int n = 0; n < IMAGES; n++)
    {
        UNROLL
        for (int c = 0; c < 8; c++)
        {
            sums[warp][lane * 8 + c] = sum[n][c];
        }

        block_barrier();
        int own = blockIdx.x * TILE + threadIdx.x;
        if (own < columns && image + n < images)
        {
            float total = sums[0][threadIdx.x];
            for (int i = 1; i < BLOCK / WARP; i++)
            {
                total += sums[i][threadIdx.x];
            }

            partial[((long long)blockIdx.y * images + image + n) * columns + own] = total;
        }

        block_barrier();
    }

    // The partial sums in order, + bias, ReLU, and 0 where the mask is not above 0. They are other blocks', so they are read
    // past the first-level cache.
    if (is_last_block(counters + blockIdx.z * gridDim.x + blockIdx.x, gridDim.y))
    {
        int own = blockIdx.x * TILE + threadIdx.x;
        for (int n = image; n < minimum(image + IMAGES, images) && own < columns; n++)
        {
            long long place = (long long)n * columns + own;
            float total = partial[place];
            for (int s = 1; s < (int)gridDim.y; s++)
            {
                total += partial[(long long)s * images * columns + place];
            }

            total = largest != nullptr ? total * (largest[own] * (1.0f / 127)) : total;
            total = bias != nullptr ? total + bias[own] : total;
            total = relu != 0 && total < 0 ? 0.0f : total;
            y[place] = Type::narrow(mask == nullptr || Type::widen(mask[place]) > 0 ? total : 0.0f);
        }
    }
}

#define DENSE_COLUMNS_OF(Type, suffix, count)                                                                                    \
    BLOCK_KERNEL(dense_columns_##count##_##suffix, const Type::Stored* __restrict__ v, const Type::Stored* __restrict__ matrix,  \
        float* partial, const float* __restrict__ bias, const Type::Stored* __restrict__ mask, Type::Stored* __restrict__ y,     \
        unsigned* counters, int images, int rows, int columns, int stretch, int relu)                                            \
    {                                                                                                                            \
        dense_columns<Type, Type, count>(                                                                                        \
            v, matrix, nullptr, partial, bias, mask, y, counters, images, rows, columns, stretch, relu);                         \
    }                                                                                                                            \
    BLOCK_KERNEL(dense_columns_int8_##count##_##suffix, const Type::Stored* __restrict__ v,                                      \
        const Int8::Stored* __restrict__ matrix, const float* __restrict__ largest, float* partial,                              \
        const float* __restrict__ bias, const Type::Stored* __restrict__ mask, Type::Stored* __restrict__ y, unsigned* counters, \
        int images, int rows, int columns, int stretch, int relu)                                                                \
    {                                                                                                                            \
        dense_columns<Type, Int8, count>(                                                                                        \
            v, matrix, largest, partial, bias, mask, y, counters, images, rows, columns, stretch, relu);                         \
    }

#define DENSE_COLUMNS(Type, suffix) DENSE_COLUMNS_OF(Type, suffix, 1) DENSE_COLUMNS_OF(Type, suffix, 4)

EACH_TYPE(DENSE_COLUMNS)
