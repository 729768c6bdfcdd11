#include "types.cuh"

// Puts weights, as Keras stores them, into a network's layout and number type: a piece of (rows, outputs) float32 values
// beginning at row `first_row`, where row = position * channels + channel. The value of (position, channel, output) goes to
// target[base + position * by_position + channel * by_channel + output * by_output].
//
// Reads are in order, writes mostly scattered; it runs once per weight, at load.
template <class Type>
DEVICE void arrange(const float* __restrict__ source, typename Type::Stored* __restrict__ target, unsigned long long count, int outputs,
    int channels, int first_row, long long base, long long by_position, long long by_channel, long long by_output)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < count; i += threads)
    {
        long long row = first_row + (long long)(i / outputs);
        long long output = (long long)(i % outputs);
        target[base + row / channels * by_position + row % channels * by_channel + output * by_output] = Type::narrow(source[i]);
    }
}

#define ARRANGE(Type, suffix)                                                                                                     \
    KERNEL(arrange_weights_##suffix, const float* __restrict__ source, Type::Stored* __restrict__ target, unsigned long long count, \
        int outputs, int channels, int first_row, long long base, long long by_position, long long by_channel, long long by_output) \
    {                                                                                                                             \
        arrange<Type>(source, target, count, outputs, channels, first_row, base, by_position, by_channel, by_output);             \
    }

ARRANGE(Float32, f32)
ARRANGE(Float16, f16)
ARRANGE(BFloat16, bf16)
