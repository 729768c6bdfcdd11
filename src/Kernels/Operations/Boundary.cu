#include "reduce.cuh"

// A picture's edge, so many pixels deep, and the blur of five by five pixels whose outer ring counts half.
struct Edge
{
    int height, width, channels, depth;

    DEVICE_MEMBER bool within(int y, int x, int reach) const
    {
        return y < reach || x < reach || y >= height - reach || x >= width - reach;
    }

    // Sum of the weights that lie within the picture.
    DEVICE_MEMBER double norm(int y, int x) const
    {
        return 0.5 * (extent(y, height, 2) * extent(x, width, 2) + extent(y, height, 1) * extent(x, width, 1));
    }

    static DEVICE_MEMBER int extent(int place, int side, int reach)
    {
        return minimum(side - 1, place + reach) - maximum(0, place - reach) + 1;
    }

    // Weighted sum of the values around value i at (y, x), each over its own norm where that is asked for.
    DEVICE_MEMBER double around(const float* values, int i, int y, int x, bool by_norms) const
    {
        double sum = 0;
        for (int v = maximum(0, y - 2); v <= minimum(height - 1, y + 2); v++)
        {
            for (int u = maximum(0, x - 2); u <= minimum(width - 1, x + 2); u++)
            {
                bool ring = v - y == 2 || y - v == 2 || u - x == 2 || x - u == 2;
                double weight = ring ? 0.5 : 1;
                sum += weight * values[i + ((v - y) * width + u - x) * channels] / (by_norms ? norm(v, u) : 1);
            }
        }

        return sum;
    }
};

// residual = blurred - image at the edge, 0 elsewhere; value[n] = factor * the sum over the edge of residual^2 + pull (image - centre)^2.
// blockIdx.x is the part, blockIdx.y the image.
BLOCK_KERNEL(boundary_f32, const float* __restrict__ image, int depth, double pull, double centre, double factor, float* __restrict__ residual,
    float* value, double* parts, unsigned* counters, int height, int width, int channels, int count, int per_part)
{
    Edge edge = {height, width, channels, depth};
    int index = blockIdx.y;
    const float* own = image + (long long)index * count;
    int end = minimum(count, (int)(blockIdx.x + 1) * per_part);
    double sum = 0;
    for (int i = blockIdx.x * per_part + threadIdx.x; i < end; i += BLOCK)
    {
        int y = i / channels / width, x = i / channels % width;
        double r = 0;
        if (edge.within(y, x, depth))
        {
            double v = own[i];
            r = edge.around(own, i, y, x, false) / edge.norm(y, x) - v;
            sum += r * r + pull * (v - centre) * (v - centre);
        }

        residual[(long long)index * count + i] = (float)r;
    }

    write_sum(sum, factor, parts, counters, index, gridDim.x, value);
}

// gradient += slope * (pull (image - centre) - residual, at the edge, and what the residuals around pass on); slope = 2 factor.
KERNEL(boundary_gradient_f32, const float* __restrict__ image, int depth, double pull, double centre, double slope,
    const float* __restrict__ residual, float* __restrict__ gradient, int height, int width, int channels, int count)
{
    Edge edge = {height, width, channels, depth};
    long long first = (long long)blockIdx.y * count;
    int threads = gridDim.x * BLOCK;
    for (int i = blockIdx.x * BLOCK + threadIdx.x; i < count; i += threads)
    {
        int y = i / channels / width, x = i / channels % width;
        if (edge.within(y, x, depth + 2))
        {
            double own = edge.within(y, x, depth) ? pull * (image[first + i] - centre) - residual[first + i] : 0;
            gradient[first + i] += (float)(slope * (own + edge.around(residual + first, i, y, x, true)));
        }
    }
}
