#include "types.cuh"

// A ReLU by itself, and the rules for its way back that are not its derivative; eight numbers to a thread.

// y = x, and 0 where that is below 0. Not a number stays what it is.
template <class Type>
DEVICE void relu(const typename Type::Stored* __restrict__ x, typename Type::Stored* __restrict__ y, unsigned long long eights)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < eights; i += threads)
    {
        Eight<Type> v;
        v.load(x + i * 8);
        UNROLL
        for (int c = 0; c < 8; c++)
        {
            v.set(c, v.get(c) < 0 ? 0.0f : v.get(c));
        }

        v.store(y + i * 8);
    }
}

// dx = dy where dy > 0, and where what the ReLU gave, x, is above 0 too unless x is null: guided backpropagation and the
// deconvolutional network. dx may be dy: hence no __restrict__ on them. Not a number is not stopped.
template <class Type>
DEVICE void relu_positive(const typename Type::Stored* dy, const typename Type::Stored* __restrict__ x, typename Type::Stored* dx,
    unsigned long long eights)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < eights; i += threads)
    {
        Eight<Type> g, v;
        g.load(dy + i * 8);
        if (x != nullptr)
        {
            v.load(x + i * 8);
        }

        UNROLL
        for (int c = 0; c < 8; c++)
        {
            g.set(c, g.get(c) <= 0 || (x != nullptr && v.get(c) <= 0) ? 0.0f : g.get(c));
        }

        g.store(dx + i * 8);
    }
}

// passes[n] = 1 where something of image n's gradient dy passes, x being what the ReLU gave; only in the first steps, afterwards it is not read.
// The threads of an image's blocks may find several such values; all of them write the same.
template <class Type>
DEVICE void relu_seek(const typename Type::Stored* __restrict__ dy, const typename Type::Stored* __restrict__ x, int* passes, const float* __restrict__ step,
    int steps, unsigned long long eights)
{
    if (*step >= (float)steps)
    {
        return;
    }

    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    unsigned long long own = blockIdx.y * eights;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < eights; i += threads)
    {
        Eight<Type> g, v;
        g.load(dy + (own + i) * 8);
        v.load(x + (own + i) * 8);
        bool found = false;
        UNROLL
        for (int c = 0; c < 8; c++)
        {
            found |= !(v.get(c) <= 0) && g.get(c) != 0;
        }

        if (found)
        {
            passes[blockIdx.y] = 1;
        }
    }
}

// dx = dx where x > 0; in the first steps, of an image of which nothing passes, where dx < 0: a loss falls there with the ReLU's input growing.
template <class Type>
DEVICE void relu_rescue(typename Type::Stored* dx, const typename Type::Stored* __restrict__ x, const int* __restrict__ passes, const float* __restrict__ step,
    int steps, unsigned long long eights)
{
    bool dead = *step < (float)steps && passes[blockIdx.y] == 0;
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    unsigned long long own = blockIdx.y * eights;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < eights; i += threads)
    {
        Eight<Type> g, v;
        g.load(dx + (own + i) * 8);
        v.load(x + (own + i) * 8);
        UNROLL
        for (int c = 0; c < 8; c++)
        {
            g.set(c, (dead ? g.get(c) > 0 : v.get(c) <= 0) ? 0.0f : g.get(c));
        }

        g.store(dx + (own + i) * 8);
    }
}

#define RELU(Type, suffix)                                                                                                       \
    KERNEL(relu_##suffix, const Type::Stored* __restrict__ x, Type::Stored* __restrict__ y, unsigned long long eights)           \
    {                                                                                                                            \
        relu<Type>(x, y, eights);                                                                                                \
    }                                                                                                                            \
                                                                                                                                 \
    KERNEL(relu_positive_##suffix, const Type::Stored* dy, const Type::Stored* __restrict__ x, Type::Stored* dx,                 \
        unsigned long long eights)                                                                                               \
    {                                                                                                                            \
        relu_positive<Type>(dy, x, dx, eights);                                                                                  \
    }                                                                                                                            \
                                                                                                                                 \
    KERNEL(relu_seek_##suffix, const Type::Stored* __restrict__ dy, const Type::Stored* __restrict__ x, int* passes,             \
        const float* __restrict__ step, int steps, unsigned long long eights)                                                    \
    {                                                                                                                            \
        relu_seek<Type>(dy, x, passes, step, steps, eights);                                                             \
    }                                                                                                                            \
                                                                                                                                 \
    KERNEL(relu_rescue_##suffix, Type::Stored* dx, const Type::Stored* __restrict__ x, const int* __restrict__ passes,           \
        const float* __restrict__ step, int steps, unsigned long long eights)                                                    \
    {                                                                                                                            \
        relu_rescue<Type>(dx, x, passes, step, steps, eights);                                                           \
    }

EACH_TYPE(RELU)
