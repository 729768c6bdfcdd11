#include "kernel.cuh"

// Ten rounds of Philox4x32 with the key (seed, 0) and the counter (index, 0, 0, 0); the sum of the upper 24 bits of its four words, less its mean.
DEVICE int noise_at(unsigned seed, unsigned index)
{
    unsigned a = index, b = 0, c = 0, d = 0;
    unsigned left = seed, right = 0;
    UNROLL
    for (int round = 0; round < 10; round++)
    {
        unsigned long long first = 0xD2511F53ull * a;
        unsigned long long second = 0xCD9E8D57ull * c;
        a = (unsigned)(second >> 32) ^ b ^ left;
        b = (unsigned)second;
        c = (unsigned)(first >> 32) ^ d ^ right;
        d = (unsigned)first;
        left += 0x9E3779B9u;
        right += 0xBB67AE85u;
    }

    return (int)((a >> 8) + (b >> 8) + (c >> 8) + (d >> 8)) - (1 << 25);
}

// target = source + scale * noise; row `step` of the table (rows, images) has the seeds. The target may be the source: hence no
// __restrict__. blockIdx.y is the image.
KERNEL(noise_f32, const float* source, float* target, const float* __restrict__ seeds, const float* __restrict__ step, int rows, int images,
    unsigned per_image, float scale)
{
    int row = maximum(0, minimum((int)*step, rows - 1));
    unsigned seed = (unsigned)(int)seeds[(long long)row * images + blockIdx.y];
    long long first = (long long)blockIdx.y * per_image;
    unsigned threads = gridDim.x * BLOCK;
    for (unsigned i = blockIdx.x * BLOCK + threadIdx.x; i < per_image; i += threads)
    {
        target[first + i] = source[first + i] + scale * (float)noise_at(seed, i);
    }
}
