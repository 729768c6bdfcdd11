// Sums and maxima over a block and over the blocks of one image, always in one order: no result depends on which block
// or warp comes first, nor on how many images are in the batch.
#pragma once
#include "kernel.cuh"

// An image is cut into at most this many parts, one block each; the cut depends on the image's size alone.
constexpr int MAX_PARTS = 512;

DEVICE double shuffle_xor(double value, int lanes)
{
    unsigned long long whole = bits<unsigned long long>(value);
    unsigned low = shuffle_xor((unsigned)whole, lanes);
    unsigned high = shuffle_xor((unsigned)(whole >> 32), lanes);
    return bits<double>(((unsigned long long)high << 32) | low);
}

struct Sum
{
    static DEVICE_MEMBER double neutral()
    {
        return 0;
    }

    static DEVICE_MEMBER double join(double a, double b)
    {
        return a + b;
    }
};

// The largest; not a number where one of them is none.
struct Largest
{
    static DEVICE_MEMBER double neutral()
    {
        return -__builtin_inf();
    }

    static DEVICE_MEMBER double join(double a, double b)
    {
        return a > b || a != a ? a : b;
    }
};

// Joins one value per thread; every thread gets the result. All threads of the block must call it. Each lane of the first
// warp takes one value of every warp, then the lanes join by a tree.
template <class Operation>
DEVICE double block_reduce(double value)
{
    __shared__ double values[BLOCK];
    __shared__ double result;
    values[threadIdx.x] = value;
    block_barrier();
    if (threadIdx.x < WARP)
    {
        for (int i = 1; i < BLOCK / WARP; i++)
        {
            value = Operation::join(value, values[threadIdx.x + i * WARP]);
        }

        for (int lanes = WARP / 2; lanes > 0; lanes /= 2)
        {
            value = Operation::join(value, shuffle_xor(value, lanes));
        }

        if (threadIdx.x == 0)
        {
            result = value;
        }
    }

    // The next reduction writes `result` behind its own first barrier, so no third one is needed.
    block_barrier();
    return result;
}

// Joins the parts of one image; every thread gets the result. The parts may have been written by other blocks of this
// launch, so they are read past the first-level cache.
template <class Operation>
DEVICE double join_parts(const volatile double* parts, int count)
{
    double value = Operation::neutral();
    for (int i = threadIdx.x; i < count; i += BLOCK)
    {
        value = Operation::join(value, parts[i]);
    }

    return block_reduce<Operation>(value);
}

// True in all threads of the block that comes here last of `blocks`; what the others wrote before is then visible, and
// the counter is 0 again, ready for the next launch.
DEVICE bool is_last_block(unsigned* counter, unsigned blocks)
{
    __shared__ int last;
    memory_fence();
    block_barrier();
    if (threadIdx.x == 0)
    {
        bool all = atomic_add(counter, 1u) == blocks - 1;
        if (all)
        {
            *counter = 0;
        }

        last = all;
    }

    block_barrier();
    bool result = last != 0;
    memory_fence();
    return result;
}

// value[image] = factor * the sum over an image, of which every thread of its `blocks` blocks brings its share: the blocks' sums lie
// in `parts`, and the last block adds them up in their order.
DEVICE void write_sum(double sum, double factor, double* parts, unsigned* counters, int image, int blocks, float* value)
{
    sum = block_reduce<Sum>(sum);
    if (threadIdx.x == 0)
    {
        parts[image * MAX_PARTS + blockIdx.x] = sum;
    }

    if (is_last_block(counters + image, blocks))
    {
        double total = join_parts<Sum>(parts + image * MAX_PARTS, blocks);
        if (threadIdx.x == 0)
        {
            value[image] = (float)(factor * total);
        }
    }
}
