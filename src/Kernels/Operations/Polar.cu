#include "kernel.cuh"

// sin and cos of x, |x| < 1e5: reduced by quarters of a turn in two parts, then series that leave 1e-15 within an eighth of one.
DEVICE void sine_and_cosine(double x, double* sine, double* cosine)
{
    double quarters = __builtin_rint(x * 0.63661977236758134);
    double r = (x - quarters * 1.5707963267948966) - quarters * 6.123233995736766e-17;
    double square = r * r;
    double s = -1.0 / 1307674368000.0;
    s = s * square + 1.0 / 6227020800.0;
    s = s * square - 1.0 / 39916800.0;
    s = s * square + 1.0 / 362880.0;
    s = s * square - 1.0 / 5040.0;
    s = s * square + 1.0 / 120.0;
    s = s * square - 1.0 / 6.0;
    s = r + r * square * s;
    double c = 1.0 / 20922789888000.0;
    c = c * square - 1.0 / 87178291200.0;
    c = c * square + 1.0 / 479001600.0;
    c = c * square - 1.0 / 3628800.0;
    c = c * square + 1.0 / 40320.0;
    c = c * square - 1.0 / 720.0;
    c = c * square + 1.0 / 24.0;
    c = c * square - 0.5;
    c = c * square + 1.0;
    int turn = (int)quarters & 3;
    double across = turn % 2 == 0 ? s : c;
    double along = turn % 2 == 0 ? c : s;
    *sine = turn < 2 ? across : -across;
    *cosine = turn == 0 || turn == 3 ? along : -along;
}

// spectrum[n, 2 k] = magnitude cos(phase + offset), spectrum[n, 2 k + 1] = magnitude sin(phase + offset). blockIdx.y is the image.
KERNEL(polar_f32, const float* __restrict__ phase, const float* __restrict__ offset, const float* __restrict__ magnitude,
    float* __restrict__ spectrum, int row, int count)
{
    const float* own = phase + (long long)blockIdx.y * count;
    float* to = spectrum + (long long)blockIdx.y * 2 * count;
    for (int i = blockIdx.x * BLOCK + threadIdx.x; i < count; i += gridDim.x * BLOCK)
    {
        double sine, cosine;
        sine_and_cosine((double)own[i] + offset[i], &sine, &cosine);
        int k = i / row;
        long long place = (long long)i + (long long)k * row;
        to[place] = (float)(magnitude[i] * cosine);
        to[place + row] = (float)(magnitude[i] * sine);
    }
}

// target = magnitude (cos(phase + offset) gradient[n, 2 k + 1] - sin(phase + offset) gradient[n, 2 k]).
KERNEL(polar_backward_f32, const float* __restrict__ phase, const float* __restrict__ offset, const float* __restrict__ magnitude,
    const float* __restrict__ gradient, float* __restrict__ target, int row, int count)
{
    const float* own = phase + (long long)blockIdx.y * count;
    const float* from = gradient + (long long)blockIdx.y * 2 * count;
    float* to = target + (long long)blockIdx.y * count;
    for (int i = blockIdx.x * BLOCK + threadIdx.x; i < count; i += gridDim.x * BLOCK)
    {
        double sine, cosine;
        sine_and_cosine((double)own[i] + offset[i], &sine, &cosine);
        int k = i / row;
        long long place = (long long)i + (long long)k * row;
        to[i] = (float)(magnitude[i] * (cosine * from[place + row] - sine * from[place]));
    }
}
