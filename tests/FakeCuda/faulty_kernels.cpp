// Kernels with the mistakes that a GPU answers with a hang or with garbage; tests check that they are told here.
#include "kernel_host.h"

// Odd threads pass the barrier by.
BLOCK_KERNEL(faulty_missed_barrier_f32, float* target)
{
    if (threadIdx.x % 2 == 0)
    {
        block_barrier();
    }

    target[threadIdx.x] = 1;
}

// A barrier where none was announced.
KERNEL(faulty_unannounced_barrier_f32, float* target)
{
    block_barrier();
    target[threadIdx.x] = 1;
}

// Only the first half of each warp takes part in an exchange.
BLOCK_KERNEL(faulty_half_warp_f32, float* target)
{
    if (threadIdx.x % 32 < 16)
    {
        target[threadIdx.x] = (float)shuffle_xor(threadIdx.x, 1);
    }
}

// Each thread reads what its neighbour writes, without a barrier between: right in one order of the threads, wrong in the other.
BLOCK_KERNEL(faulty_race_f32, float* target)
{
    __shared__ float cells[256];
    cells[threadIdx.x] = (float)blockIdx.x;
    target[blockIdx.x * 256 + threadIdx.x] = cells[(threadIdx.x + 255) % 256];
    block_barrier();
    cells[threadIdx.x] = -1;
}

// The same with the barrier.
BLOCK_KERNEL(faulty_race_mended_f32, float* target)
{
    __shared__ float cells[256];
    cells[threadIdx.x] = (float)blockIdx.x;
    block_barrier();
    target[blockIdx.x * 256 + threadIdx.x] = cells[(threadIdx.x + 255) % 256];
    block_barrier();
    cells[threadIdx.x] = -1;
}
