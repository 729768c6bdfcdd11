#include "step_end.cuh"

// The end of a step without a picture, by one block, so that all is logged before the step moves on.
BLOCK_KERNEL(tally_f32, StepEnd end)
{
    end.write();
}
