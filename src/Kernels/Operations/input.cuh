// A pixel as the network takes it; for the kernel that takes an image as it is and the one that shifts it on the way.
#pragma once
#include "types.cuh"

// Channel order, means, number type, and five channels of zeros behind, so that tensor cores and 128-bit loads have their
// eight. `reversed`: RGB to BGR.
template <class Type>
DEVICE Eight<Type> entering(float first, float second, float third, int reversed, float mean0, float mean1, float mean2)
{
    Eight<Type> eight;
    eight.set(0, (reversed != 0 ? third : first) - mean0);
    eight.set(1, second - mean1);
    eight.set(2, (reversed != 0 ? first : third) - mean2);
    UNROLL
    for (int c = 3; c < 8; c++)
    {
        eight.set(c, 0.0f);
    }

    return eight;
}
