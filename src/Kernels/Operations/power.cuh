// Powers and exponentials to float32's last bit or nearly so. PTX has only approximations of these, and NVIDIA's library of
// better ones is not used; double precision makes simple series good enough, and gives the same bits everywhere.
#pragma once
#include "kernel.cuh"

// log2(x) for x > 0 and normal.
DEVICE double log2_of(double x)
{
    unsigned long long whole = bits<unsigned long long>(x);
    int exponent = (int)(whole >> 52) - 1023;
    double mantissa = bits<double>((whole & 0xfffffffffffffull) | 0x3ff0000000000000ull);
    if (mantissa > 1.4142135623730951)
    {
        mantissa *= 0.5;
        exponent++;
    }

    // log(m) = 2 artanh(t), t = (m - 1) / (m + 1), |t| < 0.172: eight terms leave 1e-13.
    double t = (mantissa - 1) / (mantissa + 1);
    double square = t * t;
    double sum = 1.0 / 15;
    sum = sum * square + 1.0 / 13;
    sum = sum * square + 1.0 / 11;
    sum = sum * square + 1.0 / 9;
    sum = sum * square + 1.0 / 7;
    sum = sum * square + 1.0 / 5;
    sum = sum * square + 1.0 / 3;
    sum = sum * square + 1.0;
    return exponent + 2 * t * sum * 1.4426950408889634;
}

// 2^x; 0 below 2^-1022, infinite from 2^1024 on.
DEVICE double exp2_of(double x)
{
    if (!(x < 1024))
    {
        return x != x ? x : __builtin_inf();
    }

    if (x < -1022)
    {
        return 0;
    }

    double nearest = __builtin_rint(x);
    double f = (x - nearest) * 0.6931471805599453;

    // exp(f), |f| <= 0.347: eleven terms leave 1e-14.
    double sum = 1.0 / 3628800;
    sum = sum * f + 1.0 / 362880;
    sum = sum * f + 1.0 / 40320;
    sum = sum * f + 1.0 / 5040;
    sum = sum * f + 1.0 / 720;
    sum = sum * f + 1.0 / 120;
    sum = sum * f + 1.0 / 24;
    sum = sum * f + 1.0 / 6;
    sum = sum * f + 0.5;
    sum = sum * f + 1.0;
    sum = sum * f + 1.0;

    // In two factors, because 2^1024 alone is none.
    int half = (int)nearest / 2;
    int rest = (int)nearest - half;
    return sum * bits<double>((unsigned long long)(half + 1023) << 52) * bits<double>((unsigned long long)(rest + 1023) << 52);
}

// x^exponent for x >= 0; x = 0 gives 0, also where the exponent is negative (callers treat that case before).
DEVICE double power_of(double x, double exponent)
{
    return x != x ? x : x == 0 ? 0 : x > 1e308 ? exp2_of(exponent * 1024) : exp2_of(exponent * log2_of(x));
}

DEVICE double exp_of(double x)
{
    return exp2_of(x * 1.4426950408889634);
}
