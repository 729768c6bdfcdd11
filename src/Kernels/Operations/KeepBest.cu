#include "step_end.cuh"

// The picture as it lies in memory.
struct Picture
{
    const float* image;

    DEVICE_MEMBER float one(long long i) const
    {
        return image[i];
    }

    DEVICE_MEMBER Float4 four(long long i) const
    {
        return *(const Float4*)(image + i);
    }
};

// The end of a step whose picture is there already. All blocks of an image compare before the last of them, and it alone,
// changes what they compare with.
BLOCK_KERNEL(keep_best_f32, const float* image, unsigned* counter, int count, int per_part, StepEnd end)
{
    over_picture(Picture{image}, end, counter, count, per_part);
}
