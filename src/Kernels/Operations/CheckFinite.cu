#include "types.cuh"

// Stores `mark` where a half is infinite or not a number. A ReLU behind a convolution may turn such numbers into zeros, so
// what overflows must be seen before the next convolution reads it.
KERNEL(check_finite_f16, const unsigned short* __restrict__ x, unsigned long long count, int* status, int mark)
{
    unsigned long long threads = (unsigned long long)gridDim.x * BLOCK;
    bool all = true;
    for (unsigned long long i = (unsigned long long)blockIdx.x * BLOCK + threadIdx.x; i < count / 8; i += threads)
    {
        Bits128 word = *(const Bits128*)(x + i * 8);
        unsigned pairs[4] = {word.x, word.y, word.z, word.w};
        UNROLL
        for (int p = 0; p < 4; p++)
        {
            all &= (pairs[p] & 0x7c00u) != 0x7c00u && (pairs[p] & 0x7c000000u) != 0x7c000000u;
        }
    }

    if (!all)
    {
        *status = mark;
    }
}
