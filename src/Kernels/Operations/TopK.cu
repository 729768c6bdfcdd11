#include "reduce.cuh"

// A value and its place as one number that orders like the value, larger first, the lower place first among equals; what is
// not a number comes last. 21 bits of a double's 53 hold the place.
DEVICE double ranked(float value, int place)
{
    unsigned whole = bits<unsigned>(value == 0 ? 0.0f : value);
    unsigned ordered = is_nan(value) ? 0u : (whole & 0x80000000u) != 0 ? ~whole : whole | 0x80000000u;
    return (double)ordered * 2097152.0 + (2097151 - place);
}

// indices[n, 0..k-1]: the places of the k largest of values[n, 0..count-1], the largest first; found one after the other,
// each as the largest below the one before. One block per image; count < 2^21, k <= count.
BLOCK_KERNEL(top_k_f32, const float* __restrict__ values, int* __restrict__ indices, float* __restrict__ largest, int count, int k)
{
    const float* own = values + (long long)blockIdx.x * count;
    double before = __builtin_inf();
    for (int i = 0; i < k; i++)
    {
        double best = Largest::neutral();
        for (int c = threadIdx.x; c < count; c += BLOCK)
        {
            double rank = ranked(own[c], c);
            best = rank < before && rank > best ? rank : best;
        }

        before = block_reduce<Largest>(best);
        if (threadIdx.x == 0)
        {
            double ordered = (double)(unsigned long long)(before / 2097152.0);
            int place = 2097151 - (int)(before - ordered * 2097152.0);
            indices[(long long)blockIdx.x * k + i] = place;
            largest[(long long)blockIdx.x * k + i] = own[place];
        }
    }
}
