#include "kernel.cuh"

// What a step does with the few numbers that each image has, in one launch: up to three sums, one after the other, so that a
// later one may add to an earlier one's total; a row of the log, up to eight columns, nothing where the step lies beyond it; and
// the count of steps. What is not wanted has no target. One block, so that all is logged before the step moves on.
BLOCK_KERNEL(tally_f32, unsigned images,
    const float* a0, const float* b0, float* total0, const float* a1, const float* b1, float* total1,
    const float* a2, const float* b2, float* total2,
    float* log, const float* row, unsigned rows, unsigned columns,
    const float* c0, const float* c1, const float* c2, const float* c3, const float* c4, const float* c5, const float* c6, const float* c7,
    float* step)
{
    float at = log != nullptr ? *row : -1.0f;
    bool logged = at >= 0 && at < (float)rows;
    for (unsigned n = threadIdx.x; n < images; n += BLOCK)
    {
        if (total0 != nullptr)
        {
            total0[n] = a0[n] + b0[n];
        }

        if (total1 != nullptr)
        {
            total1[n] = a1[n] + b1[n];
        }

        if (total2 != nullptr)
        {
            total2[n] = a2[n] + b2[n];
        }

        for (unsigned k = 0; logged && k < columns; k++)
        {
            const float* column = k == 0 ? c0 : k == 1 ? c1 : k == 2 ? c2 : k == 3 ? c3 : k == 4 ? c4 : k == 5 ? c5 : k == 6 ? c6 : c7;
            log[((unsigned long long)at * images + n) * columns + k] = column[n];
        }
    }

    block_barrier();
    if (step != nullptr && threadIdx.x == 0)
    {
        *step += 1.0f;
    }
}
