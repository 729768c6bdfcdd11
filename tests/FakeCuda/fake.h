// A stand-in for libcuda, cuDNN and cuBLAS, for machines without a GPU. One shared library exports all their functions
// that VggCuda calls, with the real signatures; the ordinary search for libraries finds it through VGGCUDA_LIBCUDA and
// its siblings.
//
// It is strict where the real libraries are: what they would refuse is refused, with a line in a list of violations that
// says why. Work is queued and done late, when something waits for it, so a host buffer that is reused too early or a
// missing wait shows. It tells which objects are still alive, and it can let any call fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace fake
{
struct Context
{
    int device = 0;
    int references = 0;
    int sticky = 0;
};

struct Operation
{
    std::string name;
    // Returns 0 or a CUresult; a fatal one ends the context.
    std::function<int()> run;
};

struct Graph
{
    Context* context;
    std::vector<Operation> operations;
};

struct Stream
{
    Context* context;
    std::deque<Operation> queue;
    Graph* capture = nullptr;
    bool capture_broken = false;
};

struct Event
{
    Context* context;
    Stream* stream = nullptr;
    std::uint64_t recorded = 0;
    std::uint64_t completed = 0;
    double milliseconds = 0;
    bool timing = true;
};

enum class MemoryKind
{
    device,
    pinned,
};

struct Allocation
{
    std::uint64_t address;
    std::size_t bytes;
    MemoryKind kind;
    Context* context;
    // Who touched what, where kernels did; the machine's (ptx_memory.cpp), freed with the memory.
    void* cells = nullptr;
};

// Everything below is guarded by this lock, which every exported function takes.
std::recursive_mutex& gate();

// Notes something that a real library would refuse, or that would go wrong on a real device.
void violation(const std::string& text);

// The latest of those, or nothing.
std::string last_violation();

// Counts the call; returns the code that it shall fail with, or 0. `library_code` is what "fail the n-th call" uses.
int enter(const char* name, int library_code);

// The current thread's context, or null.
Context*& current();

// The live allocation that [address, address + bytes) lies in, or null. Null too where another device's memory is meant.
const Allocation* find_memory(std::uint64_t address, std::size_t bytes, const Context* context);

Stream* find_stream(void* handle);

// Queues work, or records it where the stream is capturing. Returns a CUresult.
int submit(Stream* stream, const std::string& name, std::function<int()> run);

// Does everything queued.
int drain(Stream* stream);

// Live objects other than memory, by kind; handles of the other libraries are kept here too.
void object_created(const std::string& kind, const void* handle);
void object_destroyed(const std::string& kind, const void* handle);

// A setting made by a test, such as "cudnn.fused"; `fallback` where none was made.
long setting(const std::string& name, long fallback);

// Whether the calling thread is capturing: calls that allocate or wait are then refused, and break the capture.
bool refuse_while_capturing(const char* name);

// Half precision and bfloat16 as bits.
float half_to_float(std::uint16_t bits);
std::uint16_t float_to_half(float value);
float bfloat_to_float(std::uint16_t bits);
std::uint16_t float_to_bfloat(float value);

// Rounds to TF32: 10 bits of mantissa, to nearest.
float round_to_tf32(float value);
}

#define LOCK std::lock_guard<std::recursive_mutex> lock_guard_(fake::gate())
