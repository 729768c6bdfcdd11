// Runs the kernels' PTX on the host. The tests translate each .ptx to a C++ file that includes this header
// (tests/Kernels.Tests/Ptx); it registers the module under a hash of the text, by which cuModuleLoadDataEx finds it: what
// runs is what was loaded.
//
// Threads of a kernel that meets at barriers or exchanges values within warps are fibers of one block; those of any other
// kernel run one after the other. The order of threads and blocks can be reversed: a result that then differs in one bit
// shows a sum whose order is left to chance. Every access to memory is checked: that it lies within one allocation or
// variable, on its boundary, and that no other thread of the block touched the same bytes since the last barrier, where
// one of the two wrote.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ptx
{
struct Index
{
    unsigned x, y, z;
};

// Who last wrote and who last read two bytes: number of the stretch between barriers, thread, which of the two bytes,
// and whether several threads read them.
struct Cell
{
    std::uint32_t writer, reader;
};

struct Range
{
    const char* name;
    std::uint64_t begin, size;
    Cell* cells;
};

// A place in a file. Instructions that access memory remember where they last were.
struct Site
{
    const char* file;
    int line;
    unsigned generation;
    Range range;
};

// A variable of a module or, with an offset in place of an address, of a block.
struct Variable
{
    const char* name;
    std::uint64_t address, size;
    bool constant;
};

struct Kernel
{
    const char* name;
    const char* file;
    bool cooperative;
    unsigned max_threads;
    const unsigned* parameter_bytes;
    unsigned parameter_count;
    const Variable* shared;
    unsigned shared_count;
    unsigned shared_bytes;
    // Runs one thread.
    void (*thread)();
};

struct Module
{
    std::uint64_t hash;
    const Kernel* kernels;
    unsigned kernel_count;
    const Variable* variables;
    unsigned variable_count;
};

struct Registration
{
    explicit Registration(const Module* module);
};

// What a running thread sees of itself.
struct Thread
{
    Index thread, block, grid, threads;
    unsigned current;
    void** parameters;
};

extern Thread self;

constexpr std::uint64_t shared_window_bytes = 64 * 1024;
extern unsigned char shared_memory[shared_window_bytes];

enum class Space
{
    generic,
    global,
    shared,
    constant,
};

// These answer a fault by ending the thread and the launch.
template <Space space, unsigned bytes>
const void* read(Site& site, std::uint64_t address);

template <Space space, unsigned bytes>
void write(Site& site, std::uint64_t address, const void* value);

template <Space space, unsigned bytes>
void* atomic(Site& site, std::uint64_t address);

void check_local(const Site& site, const void* variable, std::uint64_t size, std::uint64_t address, unsigned bytes);

// What lies at an address in parameter space.
const void* check_parameter(const Site& site, const unsigned* sizes, unsigned count, std::uint64_t address, unsigned bytes);

enum class Exchange
{
    up,
    down,
    butterfly,
    index,
    ballot,
    all,
    any,
    uniform,
};

struct Exchanged
{
    std::uint32_t value;
    bool predicate;
};

void barrier(const Site& site);

// a is the lane's value; b and c are shfl's last two operands.
Exchanged exchange(const Site& site, Exchange kind, std::uint32_t mask, std::uint32_t a, std::uint32_t b, std::uint32_t c);

[[noreturn]] void trap(const Site& site);
}
