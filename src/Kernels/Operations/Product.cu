#include "kernel.cuh"

// target[o, m, i] = sum over k of M[m, k] source[o, k, i]: a matrix along one axis of an image. (o, i) together are the columns
// q = o * inner + i of an ordinary product. A block makes a tile of 64 results by 64 columns, a thread four by four of it, from
// slices of 16 terms in shared memory.
//
// Each sum runs over its slices in order, and over the terms of a slice in order; which tile it lies in does not enter, nor
// does the batch.
constexpr int PRODUCT_TILE = 64;
constexpr int PRODUCT_SLICE = 16;
constexpr int PRODUCT_SIDE = PRODUCT_TILE / 4;

BLOCK_KERNEL(product_f32, const float* __restrict__ matrix, const float* __restrict__ source, float* __restrict__ target,
    int terms, int results, int columns, int inner, int transposed)
{
    __shared__ float factors[PRODUCT_SLICE][PRODUCT_TILE];
    __shared__ float values[PRODUCT_SLICE][PRODUCT_TILE];
    int first_column = blockIdx.x * PRODUCT_TILE;
    int first_result = blockIdx.y * PRODUCT_TILE;
    const float* from = source + (long long)blockIdx.z * columns * terms;
    float* to = target + (long long)blockIdx.z * columns * results;
    int own_column = threadIdx.x % PRODUCT_SIDE;
    int own_result = threadIdx.x / PRODUCT_SIDE;
    float total[4][4] = {};
    for (int start = 0; start < terms; start += PRODUCT_SLICE)
    {
        for (int i = threadIdx.x; i < PRODUCT_SLICE * PRODUCT_TILE; i += BLOCK)
        {
            // Neighbouring threads read neighbouring values: along the terms where those lie close together.
            bool along_terms = transposed == 0;
            int k = along_terms ? i % PRODUCT_SLICE : i / PRODUCT_TILE;
            int m = along_terms ? i / PRODUCT_SLICE : i % PRODUCT_TILE;
            bool inside = start + k < terms && first_result + m < results;
            long long place = along_terms ? (long long)(first_result + m) * terms + start + k : (long long)(start + k) * results + first_result + m;
            factors[k][m] = inside ? matrix[place] : 0.0f;

            along_terms = inner < PRODUCT_SLICE;
            k = along_terms ? i % PRODUCT_SLICE : i / PRODUCT_TILE;
            int q = along_terms ? i / PRODUCT_SLICE : i % PRODUCT_TILE;
            int column = first_column + q;
            inside = start + k < terms && column < columns;
            int outer = column / inner;
            place = ((long long)outer * terms + start + k) * inner + (column - outer * inner);
            values[k][q] = inside ? from[place] : 0.0f;
        }

        block_barrier();
        int slice = minimum(PRODUCT_SLICE, terms - start);
        float sum[4][4] = {};
        for (int k = 0; k < slice; k++)
        {
            UNROLL
            for (int a = 0; a < 4; a++)
            {
                UNROLL
                for (int b = 0; b < 4; b++)
                {
                    sum[a][b] = __builtin_fmaf(factors[k][own_result + a * PRODUCT_SIDE], values[k][own_column + b * PRODUCT_SIDE], sum[a][b]);
                }
            }
        }

        UNROLL
        for (int a = 0; a < 4; a++)
        {
            UNROLL
            for (int b = 0; b < 4; b++)
            {
                total[a][b] += sum[a][b];
            }
        }

        block_barrier();
    }

    UNROLL
    for (int a = 0; a < 4; a++)
    {
        UNROLL
        for (int b = 0; b < 4; b++)
        {
            int m = first_result + own_result + a * PRODUCT_SIDE;
            int column = first_column + own_column + b * PRODUCT_SIDE;
            if (m < results && column < columns)
            {
                int outer = column / inner;
                to[((long long)outer * results + m) * inner + (column - outer * inner)] = total[a][b];
            }
        }
    }
}
