// The network's number types. Everything is computed in float32; these say how eight neighbouring numbers are stored.
#pragma once
#include "kernel.cuh"

struct Float32
{
    typedef float Stored;

    static DEVICE_MEMBER float widen(float value)
    {
        return value;
    }

    static DEVICE_MEMBER float narrow(float value)
    {
        return value;
    }
};

// IEEE half precision; rounds to nearest, ties to even; what is too large becomes infinite.
struct Float16
{
    typedef unsigned short Stored;

    static DEVICE_MEMBER float widen(unsigned short value)
    {
        Half half;
        __builtin_memcpy(&half, &value, sizeof(half));
        return (float)half;
    }

    static DEVICE_MEMBER unsigned short narrow(float value)
    {
        Half half = (Half)value;
        unsigned short stored;
        __builtin_memcpy(&stored, &half, sizeof(half));
        return stored;
    }
};

// The upper half of a float32; rounds to nearest, ties to even. In integers, so that every target gives the same bits.
struct BFloat16
{
    typedef unsigned short Stored;

    static DEVICE_MEMBER float widen(unsigned short value)
    {
        return bits<float>((unsigned)value << 16);
    }

    static DEVICE_MEMBER unsigned short narrow(float value)
    {
        unsigned whole = bits<unsigned>(value);
        return (unsigned short)(is_nan(value) ? (whole >> 16) | 0x40u : (whole + 0x7fffu + ((whole >> 16) & 1u)) >> 16);
    }
};

// Dense weights in a byte: whole numbers from -127 to 127, of which 127 stands for the largest magnitude of the weight's
// column. For weights alone: what they are multiplied with and added up in is float32.
struct Int8
{
    typedef unsigned char Stored;
};

// M(type, suffix of the kernel's name) for each of the network's types.
#define EACH_TYPE(M) M(Float32, f32) M(Float16, f16) M(BFloat16, bf16)

// Neither infinite nor not a number.
DEVICE bool is_finite(float value)
{
    return (bits<unsigned>(value) & 0x7f800000u) != 0x7f800000u;
}

// Eight numbers on a 16-byte boundary, as they lie in memory: one 128-bit access, or two for float32.
template <class Type>
struct Eight
{
    unsigned words[4] = {};

    DEVICE_MEMBER void load(const typename Type::Stored* source)
    {
        Bits128 whole = *(const Bits128*)source;
        words[0] = whole.x;
        words[1] = whole.y;
        words[2] = whole.z;
        words[3] = whole.w;
    }

    DEVICE_MEMBER void store(typename Type::Stored* target) const
    {
        *(Bits128*)target = Bits128{words[0], words[1], words[2], words[3]};
    }

    DEVICE_MEMBER float get(int index) const
    {
        return Type::widen((unsigned short)(words[index / 2] >> (index % 2 * 16)));
    }

    DEVICE_MEMBER void set(int index, float value)
    {
        int place = index % 2 * 16;
        words[index / 2] = (words[index / 2] & (0xffff0000u >> place)) | ((unsigned)Type::narrow(value) << place);
    }
};

template <>
struct Eight<Float32>
{
    float values[8] = {};

    DEVICE_MEMBER void load(const float* source)
    {
        Float4 low = ((const Float4*)source)[0];
        Float4 high = ((const Float4*)source)[1];
        values[0] = low.x;
        values[1] = low.y;
        values[2] = low.z;
        values[3] = low.w;
        values[4] = high.x;
        values[5] = high.y;
        values[6] = high.z;
        values[7] = high.w;
    }

    DEVICE_MEMBER void store(float* target) const
    {
        ((Float4*)target)[0] = Float4{values[0], values[1], values[2], values[3]};
        ((Float4*)target)[1] = Float4{values[4], values[5], values[6], values[7]};
    }

    DEVICE_MEMBER float get(int index) const
    {
        return values[index];
    }

    DEVICE_MEMBER void set(int index, float value)
    {
        values[index] = value;
    }
};

// Eight bytes on an 8-byte boundary. With 128 added to it (its highest bit turned) a byte laid below the bits of 2^23 is a
// float: no conversion, which GPUs do at a quarter of the speed or less.
template <>
struct Eight<Int8>
{
    unsigned words[2] = {};

    DEVICE_MEMBER void load(const unsigned char* source)
    {
        Bits64 whole = *(const Bits64*)source;
        words[0] = whole.x ^ 0x80808080u;
        words[1] = whole.y ^ 0x80808080u;
    }

    DEVICE_MEMBER float get(int index) const
    {
        return bits<float>(0x4b000000u | ((words[index / 4] >> (index % 4 * 8)) & 0xffu)) - 8388736.0f;
    }
};
