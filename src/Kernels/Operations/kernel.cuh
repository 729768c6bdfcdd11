// The few words of CUDA C++ that the kernels are written in; clang-19 makes PTX of them without NVIDIA's headers
// (eng/make-ptx).
#pragma once

#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __shared__ __attribute__((shared))
#define DEVICE static __attribute__((device)) __attribute__((always_inline)) inline
#define DEVICE_MEMBER __attribute__((device)) __attribute__((always_inline)) inline

struct KernelIndex
{
    unsigned x, y, z;
};

DEVICE KernelIndex thread_index()
{
    return {(unsigned)__nvvm_read_ptx_sreg_tid_x(), (unsigned)__nvvm_read_ptx_sreg_tid_y(), (unsigned)__nvvm_read_ptx_sreg_tid_z()};
}

DEVICE KernelIndex block_index()
{
    return {(unsigned)__nvvm_read_ptx_sreg_ctaid_x(), (unsigned)__nvvm_read_ptx_sreg_ctaid_y(), (unsigned)__nvvm_read_ptx_sreg_ctaid_z()};
}

DEVICE KernelIndex grid_size()
{
    return {(unsigned)__nvvm_read_ptx_sreg_nctaid_x(), (unsigned)__nvvm_read_ptx_sreg_nctaid_y(), (unsigned)__nvvm_read_ptx_sreg_nctaid_z()};
}

// Sixteen bytes on a 16-byte boundary, and eight on one of 8: one access to memory.
typedef float Float4 __attribute__((ext_vector_type(4)));
typedef unsigned Bits128 __attribute__((ext_vector_type(4)));
typedef unsigned Bits64 __attribute__((ext_vector_type(2)));

typedef __fp16 Half;

#define UNROLL _Pragma("unroll")
#define threadIdx (thread_index())
#define blockIdx (block_index())
#define gridDim (grid_size())

// All threads of a block wait here for each other; what they wrote to memory before is visible to all of them behind.
// No compiler may move a memory access over an asm that names "memory". The built-in __syncthreads() is not that safe: clang
// up to 15 moves a load of shared memory in front of it.
DEVICE void block_barrier()
{
    asm volatile("bar.sync 0;" ::: "memory");
}

// What this thread wrote before is visible to every block before anything that it writes behind.
DEVICE void memory_fence()
{
    asm volatile("membar.gl;" ::: "memory");
}

#pragma clang poison __syncthreads __threadfence

DEVICE unsigned atomic_add(unsigned* target, unsigned value)
{
    return (unsigned)__nvvm_atom_add_gen_i((int*)target, (int)value);
}

DEVICE unsigned shuffle_xor(unsigned value, int lanes)
{
    return (unsigned)__nvvm_shfl_sync_bfly_i32(0xffffffffu, (int)value, lanes, 31);
}

DEVICE unsigned ballot(bool predicate)
{
    return (unsigned)__nvvm_vote_ballot_sync(0xffffffffu, predicate);
}

// A kernel whose threads do not meet: no barrier, no exchange between threads. To the compiler the two are the same.
#define KERNEL(name, ...) extern "C" __global__ __attribute__((launch_bounds(256))) void name(__VA_ARGS__)

// A kernel whose threads meet at barriers or exchange values; every thread of a block must reach each of them.
#define BLOCK_KERNEL(name, ...) extern "C" __global__ __attribute__((launch_bounds(256))) void name(__VA_ARGS__)

// Threads of every block that is launched.
constexpr int BLOCK = 256;
constexpr int WARP = 32;

template <class To, class From>
DEVICE To bits(From value)
{
    static_assert(sizeof(To) == sizeof(From), "same size");
    To result;
    __builtin_memcpy(&result, &value, sizeof(To));
    return result;
}

DEVICE int minimum(int a, int b)
{
    return a < b ? a : b;
}

DEVICE int maximum(int a, int b)
{
    return a > b ? a : b;
}

DEVICE bool is_nan(float value)
{
    return value != value;
}
