#include "types.cuh"

// Dense weights in a byte each, made of pieces of (rows, outputs) float32 values as they arrive. Twice through all of them:
// first the largest magnitude of each column, then the bytes.

// largest[j] = the largest of itself and |source[i, j]|; no number once there is one that is none, so that it is noticed later.
KERNEL(column_largest_f32, const float* __restrict__ source, float* largest, int rows, int outputs)
{
    int j = blockIdx.x * BLOCK + threadIdx.x;
    if (j < outputs)
    {
        float most = largest[j];
        for (int i = 0; i < rows; i++)
        {
            float value = __builtin_fabsf(source[(long long)i * outputs + j]);
            most = value > most || is_nan(value) ? value : most;
        }

        largest[j] = most;
    }
}

// target[i, j] = source[i, j] / largest[j] * 127, rounded to the nearest whole number, ties to even. A piece begins at
// row `first_row`, where row = position * channels + channel; a row goes to position * by_position + channel * by_channel.
KERNEL(quantize_weights_f32, const float* __restrict__ source, const float* __restrict__ largest, unsigned char* __restrict__ target,
    unsigned long long count, int outputs, int channels, int first_row, long long by_position, long long by_channel)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < count; i += threads)
    {
        long long row = first_row + (long long)(i / outputs);
        long long output = (long long)(i % outputs);
        float most = largest[output];

        // 1.5 * 2^23 rounds to a whole number, which then stands in the low bits.
        float scaled = most > 0 ? source[i] / most * 127.0f : 0.0f;
        unsigned whole = bits<unsigned>(scaled + 12582912.0f);
        target[row / channels * by_position + row % channels * by_channel + output] = (unsigned char)(whole & 0xffu);
    }
}
