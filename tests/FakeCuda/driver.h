// What the files of the stand-in for libcuda share: objects, their state, and the checks that every call begins with.
#pragma once
#include "fake.h"

#include <cstring>

namespace ptx
{
struct Kernel;
struct Module;
}

namespace fake
{
namespace driver
{
enum
{
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    NOT_INITIALIZED = 3,
    INVALID_DEVICE = 101,
    INVALID_CONTEXT = 201,
    INVALID_PTX = 218,
    UNSUPPORTED_PTX = 222,
    INVALID_HANDLE = 400,
    NOT_FOUND = 500,
    NOT_READY = 600,
    ILLEGAL_ADDRESS = 700,
    MISALIGNED_ADDRESS = 716,
    LAUNCH_FAILED = 719,
    CAPTURE_UNSUPPORTED = 900,
    CAPTURE_INVALIDATED = 901,
};

constexpr int MAX_DEVICES = 4;

struct Module
{
    Context* context;
    const ptx::Module* translation;
};

struct Function
{
    Module* module;
    const ptx::Kernel* kernel;
};

struct Executable
{
    Context* context;
    std::vector<Operation> operations;
};

// All live objects.
extern bool initialised;
extern Context primary[MAX_DEVICES];
extern std::map<std::uint64_t, Allocation> memory;
// Counts what was allocated and freed.
extern std::uint64_t memory_changes;
// The error that ended a context, where the setting "fatal_for_process" says that the process is done with CUDA then, as a real one may be.
extern int process_sticky;
extern std::set<Stream*> streams;
extern std::set<Event*> events;
extern std::set<Module*> modules;
extern std::set<Graph*> graphs;
extern std::set<Executable*> executables;
extern thread_local Context* current_context;
extern thread_local Stream* capturing_stream;

long device_count();

std::size_t bytes_in_use(const Context* context);

// Notes a violation and gives the code back.
int fail(int code, const std::string& why);

// Runs one queued operation; a fatal result ends the context.
int run_one(Stream* stream);

int drain_context(Context* context);

// Memory between red zones, filled with what shows when it is read before it is written.
void* allocate(std::size_t bytes, MemoryKind kind);

int release(std::uint64_t address, MemoryKind kind);

// Checks made by every call that needs a context.
int ready(const char* name);

template <class T>
int own(const std::set<T*>& all, T* handle, const char* name)
{
    if (all.count(handle) == 0)
    {
        return fail(INVALID_HANDLE, std::string(name) + " with a handle that is not alive");
    }

    return handle->context == current_context ? 0 : fail(INVALID_HANDLE, std::string(name) + " with another context's handle");
}

// Ends the life of a handle.
template <class T>
int destroy(std::set<T*>& all, T* handle, const char* name)
{
    int code = own(all, handle, name);
    if (code == 0)
    {
        all.erase(handle);
        delete handle;
    }

    return code;
}
}
}

#define READY(name)                       \
    LOCK;                                 \
    if (int code_ = ready(name); code_ != 0) \
    return code_
#define CHECK(expression)                     \
    if (int code_ = (expression); code_ != 0) \
    return code_
#define REFUSE_CAPTURE(name)          \
    if (refuse_while_capturing(name)) \
    return CAPTURE_UNSUPPORTED
