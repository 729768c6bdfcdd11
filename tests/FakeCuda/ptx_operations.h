// PTX's instructions as C++, one function a name; the translator (tests/Kernels.Tests/Ptx) writes calls of them. Semantics
// are those of NVIDIA's "Parallel Thread Execution ISA". Approximate functions are exact to the last bit or nearly so here.
#pragma once
#include "ptx_machine.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#define OP static inline __attribute__((always_inline, unused))

namespace ptx
{
typedef std::uint8_t u8;
typedef std::uint16_t u16;
typedef std::uint32_t u32;
typedef std::uint64_t u64;
typedef std::int8_t s8;
typedef std::int16_t s16;
typedef std::int32_t s32;
typedef std::int64_t s64;
typedef _Float16 f16;
typedef float f32;
typedef double f64;

struct f16x2
{
    f16 low, high;
};

template <class T>
constexpr bool is_integer = std::is_integral<T>::value;

template <class T>
using Unsigned = typename std::make_unsigned<T>::type;

template <class T>
constexpr unsigned width = sizeof(T) * 8;

// What a register holds, as the type that an instruction asks for: the same bits, or the lower ones.
template <class T, class R>
OP T get(R value)
{
    static_assert(sizeof(T) <= sizeof(R), "an instruction reads more than its register holds");
    T result;
    std::memcpy(&result, &value, sizeof(T));
    return result;
}

// A result into a register of the same size, or widened into a larger one.
template <class R, class T>
OP void put(R& target, T value)
{
    if constexpr (sizeof(R) == sizeof(T))
    {
        std::memcpy(&target, &value, sizeof(T));
    }
    else
    {
        static_assert(is_integer<R> && is_integer<T> && sizeof(T) < sizeof(R), "a result does not fit its register");
        target = (R)(typename std::conditional<std::is_signed<T>::value, s64, u64>::type)value;
    }
}

template <class T>
OP T pick(const void* from, unsigned index)
{
    T result;
    std::memcpy(&result, static_cast<const unsigned char*>(from) + index * sizeof(T), sizeof(T));
    return result;
}

template <class T>
OP T parameter(unsigned index, unsigned offset)
{
    return pick<T>(static_cast<const unsigned char*>(self.parameters[index]) + offset, 0);
}

OP u64 parameter_address(unsigned index)
{
    return reinterpret_cast<u64>(self.parameters[index]);
}

OP u64 shared_window()
{
    return reinterpret_cast<u64>(shared_memory);
}

// .ftz: subnormal numbers count as zero.
template <class T>
OP T flush(T value)
{
    if constexpr (std::is_same<T, f32>::value)
    {
        return std::fabs(value) < std::numeric_limits<f32>::min() ? std::copysign(0.0f, value) : value;
    }

    return value;
}

// An operation on halves is done in float32 and rounded once: 24 bits are enough for that.
#define EACH_HALF(name)                                     \
    OP f16 op_##name(f16 a, f16 b)                          \
    {                                                       \
        return (f16)op_##name((f32)a, (f32)b);              \
    }                                                       \
    OP f16x2 op_##name(f16x2 a, f16x2 b)                    \
    {                                                       \
        return {op_##name(a.low, b.low), op_##name(a.high, b.high)}; \
    }

// Integers wrap around.
#define ARITHMETIC(name, sign)                              \
    template <class T>                                      \
    OP T op_##name(T a, T b)                                \
    {                                                       \
        if constexpr (is_integer<T>)                        \
        {                                                   \
            return (T)((u64)a sign (u64)b);                 \
        }                                                   \
        else                                                \
        {                                                   \
            return a sign b;                                \
        }                                                   \
    }                                                       \
    EACH_HALF(name)

ARITHMETIC(add, +)
ARITHMETIC(sub, -)
ARITHMETIC(mul, *)

template <class T>
OP T op_mul_lo(T a, T b)
{
    return (T)((u64)a * (u64)b);
}

template <class T>
OP T op_mul_hi(T a, T b)
{
    typedef typename std::conditional<std::is_signed<T>::value, __int128, unsigned __int128>::type Wide;
    return (T)((Wide)a * (Wide)b >> width<T>);
}

template <class T>
OP auto op_mul_wide(T a, T b)
{
    typedef typename std::conditional<std::is_signed<T>::value, s64, u64>::type Wide;
    if constexpr (sizeof(T) == 2)
    {
        typedef typename std::conditional<std::is_signed<T>::value, s32, u32>::type Half;
        return (Half)((Wide)a * (Wide)b);
    }
    else
    {
        return (Wide)a * (Wide)b;
    }
}

template <class T>
OP T op_mad_lo(T a, T b, T c)
{
    return (T)((u64)a * (u64)b + (u64)c);
}

template <class T>
OP T op_mad_hi(T a, T b, T c)
{
    return op_add(op_mul_hi(a, b), c);
}

template <class T, class W>
OP W op_mad_wide(T a, T b, W c)
{
    return op_add((W)op_mul_wide(a, b), c);
}

OP f32 op_fma(f32 a, f32 b, f32 c)
{
    return std::fma(a, b, c);
}

OP f64 op_fma(f64 a, f64 b, f64 c)
{
    return std::fma(a, b, c);
}

OP f16 op_fma(f16 a, f16 b, f16 c)
{
    return (f16)((f64)a * (f64)b + (f64)c);
}

OP f16x2 op_fma(f16x2 a, f16x2 b, f16x2 c)
{
    return {op_fma(a.low, b.low, c.low), op_fma(a.high, b.high, c.high)};
}

// A division of integers by zero gives all ones, as GPUs do.
template <class T>
OP T op_div(T a, T b)
{
    if constexpr (is_integer<T>)
    {
        return b == 0 ? (T)-1 : std::is_signed<T>::value && b == (T)-1 ? (T)(0 - (u64)a) : (T)(a / b);
    }
    else
    {
        return a / b;
    }
}

template <class T>
OP T op_rem(T a, T b)
{
    return b == 0 ? a : std::is_signed<T>::value && b == (T)-1 ? (T)0 : (T)(a % b);
}

template <class T>
OP bool below(T a, T b)
{
    if constexpr (is_integer<T>)
    {
        return a < b;
    }
    else
    {
        return a < b || (a == b && std::signbit(a) && !std::signbit(b));
    }
}

// The number where one of two is none; -0 is below +0.
template <class T>
OP T op_min(T a, T b)
{
    return a != a ? b : b != b || below(a, b) ? a : b;
}

template <class T>
OP T op_max(T a, T b)
{
    return a != a ? b : b != b || below(b, a) ? a : b;
}

EACH_HALF(min)
EACH_HALF(max)

template <class T>
OP T op_abs(T a)
{
    if constexpr (is_integer<T>)
    {
        return a < 0 ? (T)(0 - (u64)a) : a;
    }
    else
    {
        return std::fabs(a);
    }
}

OP f16 op_abs(f16 a)
{
    return get<f16>((u16)(get<u16>(a) & 0x7fff));
}

OP f16x2 op_abs(f16x2 a)
{
    return {op_abs(a.low), op_abs(a.high)};
}

template <class T>
OP T op_neg(T a)
{
    if constexpr (is_integer<T>)
    {
        return (T)(0 - (u64)a);
    }
    else
    {
        return -a;
    }
}

OP f16 op_neg(f16 a)
{
    return get<f16>((u16)(get<u16>(a) ^ 0x8000));
}

OP f16x2 op_neg(f16x2 a)
{
    return {op_neg(a.low), op_neg(a.high)};
}

template <class T>
OP T op_sqrt(T a)
{
    return std::sqrt(a);
}

template <class T>
OP T op_rsqrt(T a)
{
    return (T)(1 / std::sqrt((f64)a));
}

template <class T>
OP T op_rcp(T a)
{
    return 1 / a;
}

OP f32 op_ex2(f32 a)
{
    return (f32)std::exp2((f64)a);
}

OP f32 op_lg2(f32 a)
{
    return (f32)std::log2((f64)a);
}

OP f32 op_sin(f32 a)
{
    return (f32)std::sin((f64)a);
}

OP f32 op_cos(f32 a)
{
    return (f32)std::cos((f64)a);
}

// b with the sign of a.
template <class T>
OP T op_copysign(T a, T b)
{
    return std::copysign(b, a);
}

#define TEST(name, expression)      \
    template <class T>              \
    OP bool op_testp_##name(T a)    \
    {                               \
        return expression;          \
    }

TEST(finite, std::isfinite(a))
TEST(infinite, std::isinf(a))
TEST(number, a == a)
TEST(notanumber, a != a)
TEST(normal, std::isnormal(a))
TEST(subnormal, a == a && a != 0 && !std::isinf(a) && !std::isnormal(a))

#define LOGIC(name, sign)                                       \
    template <class T>                                          \
    OP T op_##name(T a, T b)                                    \
    {                                                           \
        return (T)(a sign b);                                   \
    }

LOGIC(and, &)
LOGIC(or, |)
LOGIC(xor, ^)

template <class T>
OP T op_not(T a)
{
    if constexpr (std::is_same<T, bool>::value)
    {
        return !a;
    }
    else
    {
        return (T)~a;
    }
}

template <class T>
OP T op_cnot(T a)
{
    return a == 0;
}

// Shifts by more than the width shift everything out.
template <class T>
OP T op_shl(T a, u32 b)
{
    return b >= width<T> ? (T)0 : (T)((u64)a << b);
}

template <class T>
OP T op_shr(T a, u32 b)
{
    return (T)(b < width<T> ? a >> b : std::is_signed<T>::value ? a >> (width<T> - 1) : 0);
}

OP u32 op_shf_l_wrap(u32 a, u32 b, u32 c)
{
    return (u32)((((u64)b << 32 | a) << (c & 31)) >> 32);
}

OP u32 op_shf_r_wrap(u32 a, u32 b, u32 c)
{
    return (u32)(((u64)b << 32 | a) >> (c & 31));
}

OP u32 op_shf_l_clamp(u32 a, u32 b, u32 c)
{
    return c >= 32 ? a : op_shf_l_wrap(a, b, c);
}

OP u32 op_shf_r_clamp(u32 a, u32 b, u32 c)
{
    return c >= 32 ? b : op_shf_r_wrap(a, b, c);
}

OP u32 op_lop3(u32 a, u32 b, u32 c, u32 table)
{
    u32 result = 0;
    for (unsigned i = 0; i < 8; i++)
    {
        u32 here = ((i & 4) != 0 ? a : ~a) & ((i & 2) != 0 ? b : ~b) & ((i & 1) != 0 ? c : ~c);
        result |= (table >> i & 1) != 0 ? here : 0;
    }

    return result;
}

// c bits of a from bit b on; where T is signed, the highest of them is repeated above.
template <class T>
OP T op_bfe(T a, u32 b, u32 c)
{
    u32 position = b & 255;
    u32 length = c & 255;
    if (length == 0)
    {
        return 0;
    }

    T shifted = op_shr(a, position);
    if (length >= width<T> || position + length >= width<T>)
    {
        return shifted;
    }

    u32 unused = width<T> - length;
    return op_shr((T)((Unsigned<T>)shifted << unused), unused);
}

// b with the lowest d bits of a at position c.
template <class T>
OP T op_bfi(T a, T b, u32 c, u32 d)
{
    u32 position = c & 255;
    u32 length = d & 255;
    T ones = length >= width<T> ? (T)~(T)0 : (T)(((T)1 << length) - 1);
    T mask = op_shl(ones, position);
    return (T)((b & ~mask) | (op_shl(a, position) & mask));
}

template <class T>
OP u32 op_popc(T a)
{
    return (u32)__builtin_popcountll(a);
}

template <class T>
OP u32 op_clz(T a)
{
    return a == 0 ? width<T> : (u32)__builtin_clzll(a) - (64 - width<T>);
}

// The highest bit that is not the sign's; all ones where there is none.
template <class T>
OP u32 op_bfind(T a)
{
    Unsigned<T> bits = std::is_signed<T>::value && a < 0 ? (Unsigned<T>)~a : (Unsigned<T>)a;
    return bits == 0 ? ~0u : 63 - (u32)__builtin_clzll(bits);
}

template <class T>
OP u32 op_bfind_shiftamt(T a)
{
    u32 found = op_bfind(a);
    return found == ~0u ? found : width<T> - 1 - found;
}

template <class T>
OP T op_brev(T a)
{
    T result = 0;
    for (unsigned i = 0; i < width<T>; i++)
    {
        result = (T)(result | ((a >> i & 1) << (width<T> - 1 - i)));
    }

    return result;
}

// Each nibble of c takes one of the eight bytes of b:a, or repeats its sign.
OP u32 op_prmt(u32 a, u32 b, u32 c)
{
    u64 bytes = (u64)b << 32 | a;
    u32 result = 0;
    for (unsigned i = 0; i < 4; i++)
    {
        u32 select = c >> i * 4 & 15;
        u32 byte = (u32)(bytes >> (select & 7) * 8) & 255;
        result |= (select < 8 ? byte : byte >= 128 ? 255u : 0u) << i * 8;
    }

    return result;
}

template <class T>
OP T op_selp(T a, T b, bool p)
{
    return p ? a : b;
}

// Comparisons; those with a u at the end are true where a number is none.
#define COMPARE(name, expression)       \
    template <class T>                  \
    OP bool compare_##name(T a, T b)    \
    {                                   \
        return expression;              \
    }

COMPARE(eq, a == b)
COMPARE(ne, a == a && b == b && a != b)
COMPARE(lt, a < b)
COMPARE(le, a <= b)
COMPARE(gt, a > b)
COMPARE(ge, a >= b)
COMPARE(lo, a < b)
COMPARE(ls, a <= b)
COMPARE(hi, a > b)
COMPARE(hs, a >= b)
COMPARE(equ, !(a == a && b == b && a != b))
COMPARE(neu, a != b)
COMPARE(ltu, !(a >= b))
COMPARE(leu, !(a > b))
COMPARE(gtu, !(a <= b))
COMPARE(geu, !(a < b))
COMPARE(num, a == a && b == b)
COMPARE(nan, a != a || b != b)

enum class Round
{
    none,
    rn,
    rz,
    rm,
    rp,
};

template <class T>
OP T to_integer(T value, Round round)
{
    switch (round)
    {
    case Round::rz:
        return std::trunc(value);
    case Round::rm:
        return std::floor(value);
    case Round::rp:
        return std::ceil(value);
    default:
        return std::nearbyint(value);
    }
}

// A number that `exact` holds exactly, rounded to To.
template <class To>
OP To directed(long double exact, Round round)
{
    To nearest = (To)exact;
    if (round == Round::rn || round == Round::none || nearest == exact || exact != exact)
    {
        return nearest;
    }

    bool above = (long double)nearest > exact;
    bool up = round == Round::rp || (round == Round::rz && exact < 0);
    if (above == up)
    {
        return nearest;
    }

    // One step towards the exact number: bits count upwards with the magnitude.
    typedef typename std::conditional<sizeof(To) == 2, u16, typename std::conditional<sizeof(To) == 4, u32, u64>::type>::type Bits;
    Bits bits = get<Bits>(nearest);
    if (nearest == 0)
    {
        return get<To>((Bits)(up ? 1 : ((Bits)1 << (width<Bits> - 1)) | 1));
    }

    return get<To>((Bits)(up == (nearest > 0) ? bits + 1 : bits - 1));
}

// cvt. Numbers too large for an integer become its largest or smallest; what is no number becomes 0.
template <class To, class From>
OP To convert(From value, Round round, bool integral, bool saturate)
{
    constexpr bool from_integer = is_integer<From>;
    constexpr bool to_integral = is_integer<To>;
    if constexpr (from_integer && to_integral)
    {
        if (saturate)
        {
            __int128 wide = value;
            __int128 low = std::numeric_limits<To>::min();
            __int128 high = std::numeric_limits<To>::max();
            return (To)(wide < low ? low : wide > high ? high : wide);
        }

        return (To)value;
    }
    else if constexpr (from_integer)
    {
        return round == Round::rn && sizeof(To) > 2 ? (To)value : directed<To>((long double)value, round);
    }
    else if constexpr (to_integral)
    {
        // float64 holds every float16 and float32.
        f64 whole = to_integer((f64)value, round);
        constexpr f64 low = (f64)std::numeric_limits<To>::min();
        constexpr f64 beyond = ((f64)(std::numeric_limits<To>::max() / 2 + 1)) * 2;
        return whole != whole ? (To)0 : whole < low ? std::numeric_limits<To>::min() : whole >= beyond ? std::numeric_limits<To>::max() : (To)whole;
    }
    else
    {
        To result;
        if constexpr (sizeof(From) <= sizeof(To))
        {
            result = (To)value;
            result = integral ? (To)to_integer((f64)result, round) : result;
        }
        else
        {
            result = round == Round::rn ? (To)value : directed<To>((long double)value, round);
        }

        return saturate ? (result > (To)0 ? (result < (To)1 ? result : (To)1) : (To)0) : result;
    }
}

// atom and red: the new value in memory.
#define ATOMIC(name, expression)        \
    template <class T>                  \
    OP T atomic_##name(T old, T b)      \
    {                                   \
        return expression;              \
    }

ATOMIC(add, op_add(old, b))
ATOMIC(min, op_min(old, b))
ATOMIC(max, op_max(old, b))
ATOMIC(and, (T)(old & b))
ATOMIC(or, (T)(old | b))
ATOMIC(xor, (T)(old ^ b))
ATOMIC(exch, b)
ATOMIC(inc, old >= b ? (T)0 : (T)(old + 1))
ATOMIC(dec, old == 0 || old > b ? b : (T)(old - 1))

template <class T>
OP T atomic_cas(T old, T b, T c)
{
    return old == b ? c : old;
}
}
