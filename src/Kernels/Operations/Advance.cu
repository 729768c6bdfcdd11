#include "kernel.cuh"

// step += 1, by one thread of the block.
KERNEL(advance_f32, float* step)
{
    if (threadIdx.x == 0)
    {
        *step += 1.0f;
    }
}
