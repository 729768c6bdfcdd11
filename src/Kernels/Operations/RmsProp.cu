#include "descent.cuh"

struct RmsProp
{
    static constexpr int STATES = 1;
    float rate, decay, rest, epsilon;

    DEVICE_MEMBER float step(float x, float g, float* cache) const
    {
        cache[0] = decay * cache[0] + rest * (g * g);
        return x - rate * g / __builtin_sqrtf(cache[0] + epsilon);
    }
};

// cache = decay * cache + rest * g^2 (rest = 1 - decay); image -= rate * g / sqrt(cache + epsilon). With parts, g is divided
// first, as NormalizeRms says.
BLOCK_KERNEL(rms_prop_f32, float* image, float* gradient, float* cache, const double* parts, int part_count, double rms_epsilon,
    unsigned* counter, int count, int per_part, float rate, float decay, float rest, float epsilon, StepEnd end)
{
    Division division = division_by_rms(parts, part_count, rms_epsilon, count);
    over_picture(Descent<RmsProp>{RmsProp{rate, decay, rest, epsilon}, division, image, gradient, {cache}}, end, counter, count, per_part);
}
