#include "types.cuh"

// y[n, r] = sum over k of matrix[r, k] v[n, k] + bias[r], for small batches: the time is that of reading the matrix once.
// A block takes four rows, its threads eight columns each in turn, so that four 128-bit loads per thread are under way at
// once; the vector is read once for four rows. Rows that the mask switches off in every image are not read.
//
// The weights are the network's own type, or bytes (Int8) with a factor for each column, by which the vector is multiplied
// as it is read.
//
// An image's sum runs in one order whatever the other images are: by column within a thread, then over the threads as a warp
// adds them up: each lane one thread of every warp, then the lanes by a tree.
constexpr int ROWS = 4;

template <class Type, class Weight, int IMAGES>
DEVICE void dense_rows(const typename Type::Stored* __restrict__ v, const typename Weight::Stored* __restrict__ matrix,
    const float* __restrict__ largest, const float* __restrict__ bias, const typename Type::Stored* __restrict__ mask, typename Type::Stored* __restrict__ y,
    int images, int rows, int columns, int relu)
{
    __shared__ float sums[ROWS * IMAGES][BLOCK];
    int row = blockIdx.x * ROWS;
    int image = blockIdx.y * IMAGES;
    bool wanted[ROWS];
    UNROLL
    for (int r = 0; r < ROWS; r++)
    {
        wanted[r] = false;
        UNROLL
        for (int n = 0; n < IMAGES; n++)
        {
            wanted[r] |= row + r < rows && image + n < images
                && (mask == nullptr || Type::widen(mask[(long long)(image + n) * rows + row + r]) > 0);
        }
    }

    float sum[ROWS][IMAGES] = {};
    for (int k = threadIdx.x * 8; k < columns; k += BLOCK * 8)
    {
        Eight<Weight> w[ROWS];
        UNROLL
        for (int r = 0; r < ROWS; r++)
        {
            if (wanted[r])
            {
                w[r].load(matrix + (long long)(row + r) * columns + k);
            }
        }

        UNROLL
        for (int n = 0; n < IMAGES; n++)
        {
            if (image + n < images)
            {
                Eight<Type> loaded;
                loaded.load(v + (long long)(image + n) * columns + k);
                float x[8];
                UNROLL
                for (int c = 0; c < 8; c++)
                {
                    x[c] = largest != nullptr ? loaded.get(c) * (largest[k + c] * (1.0f / 127)) : loaded.get(c);
                }

                UNROLL
                for (int r = 0; r < ROWS; r++)
                {
                    if (wanted[r])
                    {
                        UNROLL
                        for (int c = 0; c < 8; c++)
                        {
                            sum[r][n] = __builtin_fmaf(w[r].get(c), x[c], sum[r][n]);
                        }
                    }
                }
            }
        }
    }

    UNROLL
    for (int r = 0; r < ROWS; r++)
    {
        UNROLL
        for (int n = 0; n < IMAGES; n++)
        {
            sums[r * IMAGES + n][threadIdx.x] = sum[r][n];
        }
    }

    block_barrier();
    int lane = threadIdx.x % WARP;
    for (int own = threadIdx.x / WARP; own < ROWS * IMAGES; own += BLOCK / WARP)
    {
        float total = sums[own][lane];
        for (int i = 1; i < BLOCK / WARP; i++)
        {
            total += sums[own][lane + i * WARP];
        }

        for (int lanes = WARP / 2; lanes > 0; lanes /= 2)
        {
            total += bits<float>(shuffle_xor(bits<unsigned>(total), lanes));
        }

        int r = row + own / IMAGES;
        int n = image + own % IMAGES;
        if (lane == 0 && r < rows && n < images)
        {
            long long place = (long long)n * rows + r;
            total = bias != nullptr ? total + bias[r] : total;
            total = relu != 0 && total < 0 ? 0.0f : total;
            y[place] = Type::narrow(mask == nullptr || Type::widen(mask[place]) > 0 ? total : 0.0f);
        }
    }
}

#define DENSE_ROWS_OF(Type, suffix, count)                                                                                       \
    BLOCK_KERNEL(dense_rows_##count##_##suffix, const Type::Stored* __restrict__ v, const Type::Stored* __restrict__ matrix,     \
        const float* __restrict__ bias, const Type::Stored* __restrict__ mask, Type::Stored* __restrict__ y, int images, int rows, \
        int columns, int relu)                                                                                                   \
    {                                                                                                                            \
        dense_rows<Type, Type, count>(v, matrix, nullptr, bias, mask, y, images, rows, columns, relu);                           \
    }                                                                                                                            \
    BLOCK_KERNEL(dense_rows_int8_##count##_##suffix, const Type::Stored* __restrict__ v,                                         \
        const Int8::Stored* __restrict__ matrix, const float* __restrict__ largest, const float* __restrict__ bias,              \
        const Type::Stored* __restrict__ mask, Type::Stored* __restrict__ y, int images, int rows, int columns, int relu)        \
    {                                                                                                                            \
        dense_rows<Type, Int8, count>(v, matrix, largest, bias, mask, y, images, rows, columns, relu);                           \
    }

#define DENSE_ROWS(Type, suffix) DENSE_ROWS_OF(Type, suffix, 1) DENSE_ROWS_OF(Type, suffix, 4)

EACH_TYPE(DENSE_ROWS)
