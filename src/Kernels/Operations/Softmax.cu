#include "power.cuh"
#include "reduce.cuh"
#include "types.cuh"

// p[n, c] = exp(z[n, c] - max z) / sum over j of exp(z[n, j] - max z). One block per image.
template <class Type>
DEVICE void softmax(const typename Type::Stored* __restrict__ z, float* __restrict__ p, int classes, int stride)
{
    const typename Type::Stored* from = z + (long long)blockIdx.x * stride;
    float* to = p + (long long)blockIdx.x * classes;
    double largest = Largest::neutral();
    for (int c = threadIdx.x; c < classes; c += BLOCK)
    {
        largest = Largest::join(largest, Type::widen(from[c]));
    }

    largest = block_reduce<Largest>(largest);
    double sum = 0;
    for (int c = threadIdx.x; c < classes; c += BLOCK)
    {
        sum += exp_of(Type::widen(from[c]) - largest);
    }

    sum = block_reduce<Sum>(sum);
    for (int c = threadIdx.x; c < classes; c += BLOCK)
    {
        to[c] = (float)(exp_of(Type::widen(from[c]) - largest) / sum);
    }
}

DEVICE float chain_sum(const float* __restrict__ gradient, int k, const int* __restrict__ next)
{
    float sum = 0;
    for (; k >= 0; k = next[k])
    {
        sum += gradient[k];
    }

    return sum;
}

// The power of two that brings a magnitude into [8, 16); 1 where it is 0 or no number.
DEVICE double lifting(double magnitude)
{
    int exponent = (int)(bits<unsigned long long>(magnitude) >> 52) - 1023;
    return !(magnitude > 0) || exponent == 1024 ? 1.0 : bits<double>((unsigned long long)(1023 + maximum(-96, minimum(96, 3 - exponent))) << 52);
}

// dz[n, c] = scale * p[n, c] (g[n, c] - sum over j of g[n, j] p[n, j]), 0 beyond the classes; g as chained by first and
// next (see tap_scatter). One block per image. With `unlifting`, instead of the scale the power of two that brings the
// largest of the image's dz into [8, 16): a class at p = 1e-6 would leave nothing of its gradient in half precision; and
// unlifting[n] = one over it.
template <class Type>
DEVICE void softmax_backward(const float* __restrict__ gradient, const float* __restrict__ p, const int* __restrict__ first,
    const int* __restrict__ next, typename Type::Stored* __restrict__ dz, float* unlifting, int classes, int stride, int wanted, float scale)
{
    const float* g = gradient + (long long)blockIdx.x * wanted;
    const float* own = p + (long long)blockIdx.x * classes;
    const int* chains = first + (long long)blockIdx.x * classes;
    const int* links = next + (long long)blockIdx.x * wanted;
    double mean = 0;
    for (int c = threadIdx.x; c < classes; c += BLOCK)
    {
        mean += (double)chain_sum(g, chains[c], links) * own[c];
    }

    mean = block_reduce<Sum>(mean);
    double factor = scale;
    if (unlifting != nullptr)
    {
        double largest = 0;
        for (int c = threadIdx.x; c < classes; c += BLOCK)
        {
            largest = Largest::join(largest, __builtin_fabs((double)own[c] * (chain_sum(g, chains[c], links) - mean)));
        }

        factor = lifting(block_reduce<Largest>(largest));
        if (threadIdx.x == 0)
        {
            unlifting[blockIdx.x] = (float)(1 / factor);
        }
    }

    for (int c = threadIdx.x; c < stride; c += BLOCK)
    {
        double value = c < classes ? (double)own[c] * (chain_sum(g, chains[c], links) - mean) : 0.0;
        dz[(long long)blockIdx.x * stride + c] = Type::narrow((float)(factor * value));
    }
}

#define SOFTMAX(Type, suffix)                                                                                                    \
    BLOCK_KERNEL(softmax_##suffix, const Type::Stored* __restrict__ z, float* __restrict__ p, int classes, int stride)           \
    {                                                                                                                            \
        softmax<Type>(z, p, classes, stride);                                                                                    \
    }                                                                                                                            \
                                                                                                                                 \
    BLOCK_KERNEL(softmax_backward_##suffix, const float* __restrict__ gradient, const float* __restrict__ p,                     \
        const int* __restrict__ first, const int* __restrict__ next, Type::Stored* __restrict__ dz, float* unlifting,         \
        int classes, int stride, int wanted, float scale)                                                                                                 \
    {                                                                                                                            \
        softmax_backward<Type>(gradient, p, first, next, dz, unlifting, classes, stride, wanted, scale);                                    \
    }

EACH_TYPE(SOFTMAX)
