#include "power.cuh"

// target[o, m, i] = sum over k of M[m, k] source[o, k, i]: a matrix along one axis of an image. (o, i) together are the columns
// q = o * inner + i of an ordinary product. A block makes a tile of 64 results by 64 columns, a thread four by four of it, from
// slices of 16 terms in shared memory.
//
// Each sum runs over its slices in order, and over the terms of a slice in order; which tile it lies in does not enter, nor
// does the batch.
constexpr int PRODUCT_TILE = 64;
constexpr int PRODUCT_SLICE = 16;
constexpr int PRODUCT_SIDE = PRODUCT_TILE / 4;

// The source as it lies there.
struct AsItIs
{
    DEVICE_MEMBER float value(float x, long long) const
    {
        return x;
    }
};

// Times factors, the same for every image, and written down on the way: by one row of blocks, since each reads all of it.
struct Multiplied
{
    const float* factors;
    float* written;

    DEVICE_MEMBER float value(float x, long long place) const
    {
        float multiplied = x * factors[place];
        if (blockIdx.y == 0)
        {
            written[place] = multiplied;
        }

        return multiplied;
    }
};

// Nothing is made of the results.
struct NothingElse
{
    DEVICE_MEMBER void take(float, long long) const
    {
    }
};

// Their multiple beside them.
struct AndMultiply
{
    const float* factors;
    float* target;

    DEVICE_MEMBER void take(float result, long long place) const
    {
        target[place] = result * factors[place];
    }
};

// Their sigmoid beside them, as sigmoid_f32 has it.
struct AndSigmoid
{
    float* target;
    double low;
    double range;

    DEVICE_MEMBER void take(float result, long long place) const
    {
        target[place] = (float)(low + range / (1 + exp_of(-(double)result)));
    }
};

// Places given to `before` and `behind` are those of an image.
template <class Before, class Behind>
DEVICE void product(const float* __restrict__ matrix, const float* __restrict__ source, float* __restrict__ target,
    int terms, int results, int columns, int inner, int transposed, const Before& before, const Behind& behind)
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
            values[k][q] = inside ? before.value(from[place], place) : 0.0f;
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
                long long place = ((long long)outer * results + m) * inner + (column - outer * inner);
                to[place] = total[a][b];
                behind.take(total[a][b], place);
            }
        }
    }
}

BLOCK_KERNEL(product_f32, const float* __restrict__ matrix, const float* __restrict__ source, float* __restrict__ target,
    int terms, int results, int columns, int inner, int transposed)
{
    product(matrix, source, target, terms, results, columns, inner, transposed, AsItIs{}, NothingElse{});
}

BLOCK_KERNEL(product_of_multiple_f32, const float* __restrict__ matrix, const float* __restrict__ source, float* __restrict__ target,
    int terms, int results, int columns, int inner, int transposed, const float* __restrict__ factors, float* __restrict__ written)
{
    long long image = (long long)blockIdx.z * columns * terms;
    product(matrix, source, target, terms, results, columns, inner, transposed, Multiplied{factors, written + image}, NothingElse{});
}

BLOCK_KERNEL(product_and_multiple_f32, const float* __restrict__ matrix, const float* __restrict__ source, float* __restrict__ target,
    int terms, int results, int columns, int inner, int transposed, const float* __restrict__ factors, float* __restrict__ multiple)
{
    long long image = (long long)blockIdx.z * columns * results;
    product(matrix, source, target, terms, results, columns, inner, transposed, AsItIs{}, AndMultiply{factors, multiple + image});
}

BLOCK_KERNEL(product_and_sigmoid_f32, const float* __restrict__ matrix, const float* __restrict__ source, float* __restrict__ target,
    int terms, int results, int columns, int inner, int transposed, float* __restrict__ squeezed, double low, double range)
{
    long long image = (long long)blockIdx.z * columns * results;
    product(matrix, source, target, terms, results, columns, inner, transposed, AsItIs{}, AndSigmoid{squeezed + image, low, range});
}
