#include "reduce.cuh"

// Where total < best_total: keeps total, step and image. All blocks of an image compare before the last of them, and it
// alone, changes what they compare with.
BLOCK_KERNEL(keep_best_f32, const float* total, const float* step, const float* __restrict__ image, float* best_total,
    float* best_step, float* __restrict__ best, unsigned* counters, int count, int per_part)
{
    int index = blockIdx.y;
    bool better = total[index] < best_total[index];
    if (better)
    {
        const float* from = image + (long long)index * count;
        float* to = best + (long long)index * count;
        int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
        if (count % 4 == 0)
        {
            for (int i = blockIdx.x * per_part + threadIdx.x * 4; i < end; i += BLOCK * 4)
            {
                *(Float4*)(to + i) = *(const Float4*)(from + i);
            }
        }
        else
        {
            for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
            {
                to[i] = from[i];
            }
        }
    }

    if (is_last_block(counters + index, gridDim.x) && better && threadIdx.x == 0)
    {
        best_total[index] = total[index];
        best_step[index] = *step;
    }
}
