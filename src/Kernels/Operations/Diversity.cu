#include "reduce.cuh"

// grams[n, a, b] = the sum over positions of tap[n, p, a] * tap[n, p, b]. blockIdx.y is the image.
KERNEL(gram_f32, const float* __restrict__ tap, float* __restrict__ grams, int positions, int channels)
{
    const float* own = tap + (long long)blockIdx.y * positions * channels;
    int square = channels * channels;
    float* to = grams + (long long)blockIdx.y * square;
    for (int k = blockIdx.x * BLOCK + threadIdx.x; k < square; k += gridDim.x * BLOCK)
    {
        const float* a = own + k / channels;
        const float* b = own + k % channels;
        double sum = 0;
        for (int p = 0; p < positions; p++)
        {
            sum += (double)a[(long long)p * channels] * b[(long long)p * channels];
        }

        to[k] = (float)sum;
    }
}

// grams[n] /= its length, lengths[n, 0] = that. One block per image.
BLOCK_KERNEL(gram_normalize_f32, float* grams, float* lengths, int square)
{
    float* own = grams + (long long)blockIdx.x * square;
    double sum = 0;
    for (int k = threadIdx.x; k < square; k += BLOCK)
    {
        sum += (double)own[k] * own[k];
    }

    double length = __builtin_sqrt(block_reduce<Sum>(sum));
    if (threadIdx.x == 0)
    {
        lengths[2 * blockIdx.x] = (float)length;
    }

    for (int k = threadIdx.x; k < square; k += BLOCK)
    {
        own[k] = length == 0 ? 0.0f : (float)(own[k] / length);
    }
}

// lengths[n, 1] = the products of grams[n] with the others of its group, summed; value[n] = weight times that. One block per image.
BLOCK_KERNEL(gram_compare_f32, const float* __restrict__ grams, float* lengths, float* value, double weight, int group, int square)
{
    int image = blockIdx.x;
    int first = image / group * group;
    const float* own = grams + (long long)image * square;
    double sum = 0;
    for (int k = threadIdx.x; k < square; k += BLOCK)
    {
        double others = 0;
        for (int m = first; m < first + group; m++)
        {
            others += m == image ? 0.0 : (double)grams[(long long)m * square + k];
        }

        sum += own[k] * others;
    }

    sum = block_reduce<Sum>(sum);
    if (threadIdx.x == 0)
    {
        lengths[2 * image + 1] = (float)sum;
        value[image] = (float)(weight * sum);
    }
}

// gradient[n, p, c] += 4 weight / length * the sum over k of tap[n, p, k] (others[k, c] - dot * grams[n, k, c]).
KERNEL(gram_backward_f32, const float* __restrict__ tap, const float* __restrict__ grams, const float* __restrict__ lengths,
    float* gradient, double weight, int group, int positions, int channels)
{
    int image = blockIdx.y;
    int first = image / group * group;
    int square = channels * channels;
    const float* own = tap + (long long)image * positions * channels;
    float* to = gradient + (long long)image * positions * channels;
    double length = lengths[2 * image];
    double dot = lengths[2 * image + 1];
    double factor = length == 0 ? 0 : 4 * weight / length;
    for (int i = blockIdx.x * BLOCK + threadIdx.x; i < positions * channels; i += gridDim.x * BLOCK)
    {
        int place = i / channels * channels;
        int c = i - place;
        double sum = 0;
        for (int k = 0; k < channels; k++)
        {
            double others = 0;
            for (int m = first; m < first + group; m++)
            {
                others += m == image ? 0.0 : (double)grams[(long long)m * square + k * channels + c];
            }

            sum += own[place + k] * (others - dot * grams[(long long)image * square + k * channels + c]);
        }

        to[i] += (float)(factor * sum);
    }
}
