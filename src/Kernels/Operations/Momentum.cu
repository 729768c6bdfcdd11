#include "descent.cuh"

struct Momentum
{
    static constexpr int STATES = 1;
    float rate, decay;

    DEVICE_MEMBER float step(float x, float g, float* velocity) const
    {
        velocity[0] = decay * velocity[0] + g;
        return x - rate * velocity[0];
    }
};

// velocity = decay * velocity + g; image -= rate * velocity. With parts, g is divided first, as NormalizeRms says.
BLOCK_KERNEL(momentum_f32, float* image, float* gradient, float* velocity, const double* parts, int part_count, double rms_epsilon,
    unsigned* counter, int count, int per_part, float rate, float decay, StepEnd end)
{
    Division division = division_by_rms(parts, part_count, rms_epsilon, count);
    over_picture(Descent<Momentum>{Momentum{rate, decay}, division, image, gradient, {velocity}}, end, counter, count, per_part);
}
