#include "types.cuh"

// Between float32 and the network's number types, eight to a thread.
template <class From, class To>
DEVICE void convert(const typename From::Stored* __restrict__ source, typename To::Stored* __restrict__ target, unsigned long long count)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    unsigned long long first = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x;
    for (unsigned long long i = first; i < count / 8; i += threads)
    {
        Eight<From> from;
        Eight<To> to;
        from.load(source + i * 8);
        UNROLL
        for (int c = 0; c < 8; c++)
        {
            to.set(c, from.get(c));
        }

        to.store(target + i * 8);
    }

    if (first < count % 8)
    {
        unsigned long long i = count / 8 * 8 + first;
        target[i] = To::narrow(From::widen(source[i]));
    }
}

#define CONVERT(Type, suffix)                                                                                                    \
    KERNEL(narrow_##suffix, const float* __restrict__ source, Type::Stored* __restrict__ target, unsigned long long count)       \
    {                                                                                                                            \
        convert<Float32, Type>(source, target, count);                                                                           \
    }                                                                                                                            \
                                                                                                                                 \
    KERNEL(widen_##suffix, const Type::Stored* __restrict__ source, float* __restrict__ target, unsigned long long count)        \
    {                                                                                                                            \
        convert<Type, Float32>(source, target, count);                                                                           \
    }

CONVERT(Float16, f16)
CONVERT(BFloat16, bf16)
