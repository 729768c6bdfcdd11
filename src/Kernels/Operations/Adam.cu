#include "descent.cuh"
#include "power.cuh"

struct Adam
{
    static constexpr int STATES = 2;
    float rate, decay1, decay2, rest1, rest2, of_mean, of_square, epsilon;

    DEVICE_MEMBER float step(float x, float g, float* state) const
    {
        state[0] = decay1 * state[0] + rest1 * g;
        state[1] = decay2 * state[1] + rest2 * (g * g);
        return x - rate * (state[0] / of_mean) / (__builtin_sqrtf(state[1] / of_square) + epsilon);
    }
};

// m = beta1 m + rest1 g; v = beta2 v + rest2 g^2; image -= rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon), t = done + 1,
// rest = 1 - beta. Each thread works out the two powers: a few dozen instructions against its accesses to memory. With parts, g
// is divided first, as NormalizeRms says.
BLOCK_KERNEL(adam_f32, float* image, float* gradient, float* mean, float* square, const float* done, const double* parts, int part_count,
    double rms_epsilon, unsigned* counter, int count, int per_part, float rate, double beta1, double beta2, float rest1, float rest2,
    float epsilon, StepEnd end)
{
    double t = (double)(long long)*done + 1;
    Adam adam = {rate, (float)beta1, (float)beta2, rest1, rest2, (float)(1 - power_of(beta1, t)), (float)(1 - power_of(beta2, t)), epsilon};
    Division division = division_by_rms(parts, part_count, rms_epsilon, count);
    over_picture(Descent<Adam>{adam, division, image, gradient, {mean, square}}, end, counter, count, per_part);
}
