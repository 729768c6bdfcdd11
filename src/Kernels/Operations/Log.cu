#include "kernel.cuh"

// log[step, n, first + k] = columns[k][n] for up to eight columns; nothing where the step lies beyond the log.
KERNEL(log_f32, float* log, const float* step, unsigned rows, unsigned images, unsigned columns, unsigned first, unsigned count,
    const float* c0, const float* c1, const float* c2, const float* c3,
    const float* c4, const float* c5, const float* c6, const float* c7)
{
    float row = *step;
    if (!(row >= 0 && row < (float)rows))
    {
        return;
    }

    for (unsigned n = blockIdx.x * BLOCK + threadIdx.x; n < images; n += gridDim.x * BLOCK)
    {
        for (unsigned k = 0; k < count; k++)
        {
            const float* column = k == 0 ? c0 : k == 1 ? c1 : k == 2 ? c2 : k == 3 ? c3 : k == 4 ? c4 : k == 5 ? c5 : k == 6 ? c6 : c7;
            log[((unsigned long long)row * images + n) * columns + first + k] = column[n];
        }
    }
}
