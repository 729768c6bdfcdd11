#include "lp_norm.cuh"
#include "total_variation.cuh"

// The gradient's way through both regularisers: first the norm's share, as its own kernel adds it, then the variation's.
struct Norm
{
    bool adds;
    float scaled;
    double squares;

    DEVICE_MEMBER float before(float g, float x) const
    {
        return adds ? g + scaled * Sixth{}.slope(x) : g;
    }

    DEVICE_MEMBER void behind(Float4 g)
    {
        squares += (double)g.x * g.x + (double)g.y * g.y + (double)g.z * g.z + (double)g.w * g.w;
    }
};

// The Lp norm with p = 6 and total variation with exponent 2 of RGB pictures whose lines are whole fours, and where there is
// room for them the sums of squares of what the gradient has become: in one pass, with the bits of the passes one by one.
// norm_parts holds the norm's sums; parts and counters are the variation's.
BLOCK_KERNEL(regularize_f32, const float* __restrict__ image, const double* __restrict__ norm_parts, int part_count, double norm_factor,
    float* norm_value, float factor, double value_factor, float* value, float* gradient, double* parts, unsigned* counters,
    double* squares, int height, int line, int per_part)
{
    double sum = join_parts<Sum>(norm_parts + blockIdx.y * MAX_PARTS, part_count);
    if (blockIdx.x == 0 && threadIdx.x == 0)
    {
        norm_value[blockIdx.y] = lp_value_sixth(sum, norm_factor);
    }

    Norm norm = {sum != 0, sum != 0 ? lp_scale(sum, 6.0, norm_factor) : 0.0f, 0.0};
    total_variation<true>(image, Squared{}, norm, factor, value_factor, value, gradient, parts, counters, height, line, 3, per_part);
    if (squares != nullptr)
    {
        double total = block_reduce<Sum>(norm.squares);
        if (threadIdx.x == 0)
        {
            squares[blockIdx.y * MAX_PARTS + blockIdx.x] = total;
        }
    }
}
