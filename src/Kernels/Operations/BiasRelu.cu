#include "types.cuh"

// What follows a bare convolution where cuDNN cannot fuse it, eight channels to a thread. y may be x, dx may be dy: hence no
// __restrict__ on them.

// y = x + bias[channel], and 0 where that is below 0 if `relu`. Not a number stays what it is.
template <class Type>
DEVICE void bias_relu(const typename Type::Stored* x, const float* __restrict__ bias, typename Type::Stored* y, unsigned long long eights,
    unsigned groups, int relu)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < eights; i += threads)
    {
        unsigned channel = (unsigned)(eights >> 32 == 0 ? (unsigned)i % groups : i % groups) * 8;
        Eight<Type> v;
        v.load(x + i * 8);
        UNROLL
        for (int c = 0; c < 8; c++)
        {
            float sum = v.get(c) + bias[channel + c];
            v.set(c, relu != 0 && sum < 0 ? 0.0f : sum);
        }

        v.store(y + i * 8);
    }
}

// dx = x > 0 ? dy : 0, with x what the ReLU gave.
template <class Type>
DEVICE void relu_backward(const typename Type::Stored* dy, const typename Type::Stored* __restrict__ x, typename Type::Stored* dx,
    unsigned long long count)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    unsigned long long first = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x;
    for (unsigned long long i = first; i < count / 8; i += threads)
    {
        Eight<Type> g, v;
        g.load(dy + i * 8);
        v.load(x + i * 8);
        UNROLL
        for (int c = 0; c < 8; c++)
        {
            g.set(c, v.get(c) > 0 ? g.get(c) : 0.0f);
        }

        g.store(dx + i * 8);
    }

    if (first < count % 8)
    {
        unsigned long long i = count / 8 * 8 + first;
        dx[i] = Type::narrow(Type::widen(x[i]) > 0 ? Type::widen(dy[i]) : 0.0f);
    }
}

#define BIAS_RELU(Type, suffix)                                                                                                  \
    KERNEL(bias_relu_##suffix, const Type::Stored* x, const float* __restrict__ bias, Type::Stored* y, unsigned long long eights,\
        unsigned groups, int relu)                                                                                               \
    {                                                                                                                            \
        bias_relu<Type>(x, bias, y, eights, groups, relu);                                                                       \
    }                                                                                                                            \
                                                                                                                                 \
    KERNEL(relu_backward_##suffix, const Type::Stored* dy, const Type::Stored* __restrict__ x, Type::Stored* dx,                 \
        unsigned long long count)                                                                                                \
    {                                                                                                                            \
        relu_backward<Type>(dy, x, dx, count);                                                                                   \
    }

EACH_TYPE(BIAS_RELU)
