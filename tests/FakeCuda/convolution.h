// Convolutions and the pointwise operations behind them, in float32, on tensors of any strides.
#pragma once

#include "fake.h"

#include <cstring>

namespace cudnn
{
enum DataType
{
    FLOAT = 0,
    HALF = 2,
    BFLOAT16 = 9,
};

struct Tensor
{
    std::int64_t uid = 0;
    std::int64_t alignment = 0;
    int type = 0;
    bool is_virtual = false;
    std::int64_t dimensions[4] = {};
    std::int64_t strides[4] = {};

    std::size_t element() const
    {
        return type == FLOAT ? 4 : 2;
    }

    std::size_t bytes() const
    {
        std::int64_t last = 0;
        for (int i = 0; i < 4; i++)
        {
            last += (dimensions[i] - 1) * strides[i];
        }

        return (std::size_t)(last + 1) * element();
    }

    std::int64_t count() const
    {
        return dimensions[0] * dimensions[1] * dimensions[2] * dimensions[3];
    }
};

// Values in (N, H, W, C) order, whatever the strides in memory.
struct Values
{
    std::int64_t n = 0, c = 0, h = 0, w = 0;
    std::vector<float> data;

    explicit Values(const Tensor& shape)
        : n(shape.dimensions[0]), c(shape.dimensions[1]), h(shape.dimensions[2]), w(shape.dimensions[3]), data((std::size_t)shape.count())
    {
    }
};

inline float load(const void* memory, std::int64_t index, int type)
{
    if (type == FLOAT)
    {
        return static_cast<const float*>(memory)[index];
    }

    std::uint16_t bits = static_cast<const std::uint16_t*>(memory)[index];
    return type == HALF ? fake::half_to_float(bits) : fake::bfloat_to_float(bits);
}

inline void save(void* memory, std::int64_t index, int type, float value)
{
    if (type == FLOAT)
    {
        static_cast<float*>(memory)[index] = value;
    }
    else
    {
        static_cast<std::uint16_t*>(memory)[index] = type == HALF ? fake::float_to_half(value) : fake::float_to_bfloat(value);
    }
}

template <class F>
void each(const Tensor& shape, F visit)
{
    std::int64_t flat = 0;
    for (std::int64_t n = 0; n < shape.dimensions[0]; n++)
    {
        for (std::int64_t h = 0; h < shape.dimensions[2]; h++)
        {
            for (std::int64_t w = 0; w < shape.dimensions[3]; w++)
            {
                for (std::int64_t c = 0; c < shape.dimensions[1]; c++)
                {
                    visit(flat++, n * shape.strides[0] + c * shape.strides[1] + h * shape.strides[2] + w * shape.strides[3]);
                }
            }
        }
    }
}

inline Values gather(const Tensor& shape, const void* memory, bool tf32)
{
    Values values(shape);
    each(shape, [&](std::int64_t flat, std::int64_t index) {
        float value = load(memory, index, shape.type);
        values.data[(std::size_t)flat] = tf32 ? fake::round_to_tf32(value) : value;
    });
    return values;
}

inline void scatter(const Tensor& shape, const Values& values, void* memory)
{
    each(shape, [&](std::int64_t flat, std::int64_t index) { save(memory, index, shape.type, values.data[(std::size_t)flat]); });
}

// y[n, k, i, j] = sum over c, r, s of x[n, c, i + r - pad, j + s - pad] w[k, c, r, s], stride 1. Weights (K, C, R, S).
inline void forward(const Values& x, const Values& w, std::int64_t pad, Values& y)
{
    // (r, s, c, k): the innermost loop runs over outputs and becomes vector code.
    std::int64_t taps = w.h * w.w;
    std::vector<float> turned((std::size_t)(taps * w.c * w.n));
    for (std::int64_t k = 0; k < w.n; k++)
    {
        for (std::int64_t t = 0; t < taps; t++)
        {
            for (std::int64_t c = 0; c < w.c; c++)
            {
                turned[(std::size_t)((t * w.c + c) * w.n + k)] = w.data[(std::size_t)((k * taps + t) * w.c + c)];
            }
        }
    }

    for (std::int64_t n = 0; n < y.n; n++)
    {
        for (std::int64_t i = 0; i < y.h; i++)
        {
            for (std::int64_t j = 0; j < y.w; j++)
            {
                float* out = &y.data[(std::size_t)(((n * y.h + i) * y.w + j) * y.c)];
                std::fill(out, out + y.c, 0.0f);
                for (std::int64_t r = 0; r < w.h; r++)
                {
                    std::int64_t row = i + r - pad;
                    for (std::int64_t s = 0; s < w.w; s++)
                    {
                        std::int64_t column = j + s - pad;
                        if (row < 0 || row >= x.h || column < 0 || column >= x.w)
                        {
                            continue;
                        }

                        const float* in = &x.data[(std::size_t)(((n * x.h + row) * x.w + column) * x.c)];
                        const float* weights = &turned[(std::size_t)((r * w.w + s) * w.c * w.n)];
                        for (std::int64_t c = 0; c < x.c; c++)
                        {
                            float value = in[c];
                            if (value == 0)
                            {
                                continue;
                            }

                            const float* column_of_c = weights + c * w.n;
                            for (std::int64_t k = 0; k < y.c; k++)
                            {
                                out[k] += value * column_of_c[k];
                            }
                        }
                    }
                }
            }
        }
    }
}

// dx[n, c, i, j] = sum over k, r, s of dy[n, k, i - r + pad, j - s + pad] w[k, c, r, s], stride 1.
inline void backward_data(const Values& dy, const Values& w, std::int64_t pad, Values& dx)
{
    std::fill(dx.data.begin(), dx.data.end(), 0.0f);
    for (std::int64_t n = 0; n < dx.n; n++)
    {
        for (std::int64_t i = 0; i < dx.h; i++)
        {
            for (std::int64_t j = 0; j < dx.w; j++)
            {
                float* out = &dx.data[(std::size_t)(((n * dx.h + i) * dx.w + j) * dx.c)];
                for (std::int64_t r = 0; r < w.h; r++)
                {
                    std::int64_t row = i - r + pad;
                    for (std::int64_t s = 0; s < w.w; s++)
                    {
                        std::int64_t column = j - s + pad;
                        if (row < 0 || row >= dy.h || column < 0 || column >= dy.w)
                        {
                            continue;
                        }

                        const float* gradient = &dy.data[(std::size_t)(((n * dy.h + row) * dy.w + column) * dy.c)];
                        for (std::int64_t k = 0; k < dy.c; k++)
                        {
                            float value = gradient[k];
                            if (value == 0)
                            {
                                continue;
                            }

                            const float* weights = &w.data[(std::size_t)(((k * w.h + r) * w.w + s) * w.c)];
                            for (std::int64_t c = 0; c < dx.c; c++)
                            {
                                out[c] += value * weights[c];
                            }
                        }
                    }
                }
            }
        }
    }
}
}
