// What a step ends with: up to three sums of the losses, the best picture so far, a copy of the picture, a row of the log, the
// count of steps. Each is a few numbers an image, or an access to memory beside the optimiser's own, so they go with whatever
// launch comes last: an optimiser's, KeepBest's, Tally's.
//
// Blocks of one launch cannot wait for each other. So each block works out the few totals that it compares by itself, from
// what nothing changes before all blocks have read it: the last block to end, and it alone, writes them down.
#pragma once
#include "reduce.cuh"

//
// Passed to a kernel by value; StepEnd.cs makes it, field by field.
struct StepEnd
{
    // Numbers of each tensor but the two steps; 0 where there is no end.
    unsigned images;

    // Of the log.
    unsigned columns;
    unsigned rows;

    // Whether nothing has been the best so far, whatever best_total says.
    int restarts;

    // total = a + b, or a alone; one after the other, so that a later one may add to an earlier one's total. Or none.
    const float* a0;
    const float* b0;
    float* total0;
    const float* a1;
    const float* b1;
    float* total1;
    const float* a2;
    const float* b2;
    float* total2;

    // Where lowest[n] < best_total[n]: best_total, best_step and best. Or none.
    const float* lowest;
    const float* kept_step;
    float* best_total;
    float* best_step;
    float* best;

    // The picture once more, or none.
    float* copy;

    // A row of up to eight columns; nothing where it lies beyond the log. Or none.
    float* log;
    const float* row;
    const float* c0;
    const float* c1;
    const float* c2;
    const float* c3;
    const float* c4;
    const float* c5;
    const float* c6;
    const float* c7;

    // Counted up behind all else; or none.
    float* step;

    // What lies at place[n] once the sums are done, as any block may ask while none of them is written down yet.
    DEVICE_MEMBER float summed(const float* place, unsigned n) const
    {
        float first = 0, second = 0, third = 0;
        if (total0 != nullptr)
        {
            first = a0[n];
            first = b0 != nullptr ? first + b0[n] : first;
        }

        if (total1 != nullptr)
        {
            second = earlier(a1, n, first, first, nullptr);
            second = b1 != nullptr ? second + earlier(b1, n, first, first, nullptr) : second;
        }

        if (total2 != nullptr)
        {
            third = earlier(a2, n, first, second, total1);
            third = b2 != nullptr ? third + earlier(b2, n, first, second, total1) : third;
        }

        float value = third;
        if (total2 == nullptr || place != total2)
        {
            value = earlier(place, n, first, second, total1);
        }

        return value;
    }

    // A number that one of the first two sums may have made; the later one counts.
    DEVICE_MEMBER float earlier(const float* place, unsigned n, float first, float second, const float* later) const
    {
        float value = 0;
        if (later != nullptr && place == later)
        {
            value = second;
        }
        else if (total0 != nullptr && place == total0)
        {
            value = first;
        }
        else
        {
            value = place[n];
        }

        return value;
    }

    // Whether the image is the best so far; false where its total is not a number.
    DEVICE_MEMBER bool is_better(unsigned n) const
    {
        if (lowest == nullptr)
        {
            return false;
        }

        return summed(lowest, n) < (restarts != 0 ? __builtin_inff() : best_total[n]);
    }

    DEVICE_MEMBER static void sum(const float* a, const float* b, float* total, unsigned n)
    {
        if (total != nullptr)
        {
            total[n] = b != nullptr ? a[n] + b[n] : a[n];
        }
    }

    // All that is a few numbers, by the threads of one block: the last, or the only one. What is logged may be a total or a best one.
    DEVICE_MEMBER void write() const
    {
        float at = log != nullptr ? *row : -1.0f;
        bool logged = at >= 0 && at < (float)rows;
        for (unsigned n = threadIdx.x; n < images; n += BLOCK)
        {
            bool better = is_better(n);
            sum(a0, b0, total0, n);
            sum(a1, b1, total1, n);
            sum(a2, b2, total2, n);
            if (better)
            {
                best_total[n] = lowest[n];
                best_step[n] = *kept_step;
            }
            else if (lowest != nullptr && restarts != 0)
            {
                best_total[n] = __builtin_inff();
            }

            if (logged)
            {
                const float* each[] = {c0, c1, c2, c3, c4, c5, c6, c7};
                float* to = log + ((unsigned long long)at * images + n) * columns;
                UNROLL
                for (unsigned k = 0; k < 8; k++)
                {
                    if (k < columns)
                    {
                        to[k] = each[k][n];
                    }
                }
            }
        }

        block_barrier();
        if (step != nullptr && threadIdx.x == 0)
        {
            *step += 1.0f;
        }
    }
};

// Goes once over the block's part of its image. Values::one(i) and Values::four(i) give the picture's values as they are now,
// which may be a step of an optimiser; what is best is kept and what is wanted twice copied while they are at hand. All of the
// grid's blocks must call it; blockIdx.x is the part, blockIdx.y the image. The counter is the launch's own, 0 before and behind.
template <class Values>
DEVICE void over_picture(const Values& values, const StepEnd& end, unsigned* counter, int count, int per_part)
{
    long long own = (long long)blockIdx.y * count;
    float* best = end.is_better(blockIdx.y) ? end.best + own : nullptr;
    float* copy = end.copy != nullptr ? end.copy + own : nullptr;
    int last = minimum(count, (int)(blockIdx.x + 1) * per_part);
    if (count % 4 == 0)
    {
        for (int i = blockIdx.x * per_part + threadIdx.x * 4; i < last; i += BLOCK * 4)
        {
            Float4 x = values.four(own + i);
            if (best != nullptr)
            {
                *(Float4*)(best + i) = x;
            }

            if (copy != nullptr)
            {
                *(Float4*)(copy + i) = x;
            }
        }
    }
    else
    {
        for (int i = blockIdx.x * per_part + threadIdx.x; i < last; i += BLOCK)
        {
            float x = values.one(own + i);
            if (best != nullptr)
            {
                best[i] = x;
            }

            if (copy != nullptr)
            {
                copy[i] = x;
            }
        }
    }

    if (end.images != 0 && is_last_block(counter, gridDim.x * gridDim.y))
    {
        end.write();
    }
}
