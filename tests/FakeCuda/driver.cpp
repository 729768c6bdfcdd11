// The stand-in for libcuda: devices, contexts, memory, modules, streams, events, capture and graphs.
#include "fake.h"
#include "kernel_host.h"
#include "ptx.h"

#include <chrono>
#include <cstdlib>
#include <cstring>

namespace fake
{
namespace
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
    LAUNCH_FAILED = 719,
    CAPTURE_UNSUPPORTED = 900,
    CAPTURE_INVALIDATED = 901,
};

constexpr int MAX_DEVICES = 4;
// Written before and after every allocation and looked at when it is freed.
constexpr std::size_t RED_ZONE = 256;
constexpr unsigned char RED = 0xA5;

struct Module
{
    Context* context;
    std::map<std::string, const kernel_host::Kernel*> kernels;
};

struct Function
{
    Module* module;
    const kernel_host::Kernel* kernel;
};

struct Executable
{
    Context* context;
    std::vector<Operation> operations;
};

bool initialised = false;
Context primary[MAX_DEVICES];
std::map<std::uint64_t, Allocation> memory;
std::set<Stream*> streams;
std::set<Event*> events;
std::set<Module*> modules;
std::set<Graph*> graphs;
std::set<Executable*> executables;
std::vector<Function*> functions;
thread_local Context* current_context = nullptr;
thread_local Stream* capturing_stream = nullptr;

double now()
{
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

long device_count()
{
    return setting("devices", 2);
}

std::size_t bytes_in_use(const Context* context)
{
    std::size_t sum = 0;
    for (const auto& pair : memory)
    {
        sum += pair.second.kind == MemoryKind::device && pair.second.context == context ? pair.second.bytes : 0;
    }

    return sum;
}

bool is_fatal(int code)
{
    return code == 214 || code == 700 || code == 702 || code == 710 || (code >= 714 && code <= 719);
}

int fail(int code, const std::string& why)
{
    violation(why);
    return code;
}

// Runs one queued operation; a fatal result ends the context.
int run_one(Stream* stream)
{
    if (stream->queue.empty())
    {
        // Something waits for work that an earlier failure threw away.
        return stream->context->sticky != 0 ? stream->context->sticky : 999;
    }

    Operation operation = std::move(stream->queue.front());
    stream->queue.pop_front();
    if (stream->context->sticky != 0)
    {
        return stream->context->sticky;
    }

    int result = operation.run();
    if (result != 0)
    {
        stream->context->sticky = result;
    }

    return result;
}

int drain_context(Context* context)
{
    for (Stream* stream : std::set<Stream*>(streams))
    {
        if (stream->context == context)
        {
            drain(stream);
        }
    }

    return context->sticky;
}

void* allocate(std::size_t bytes, MemoryKind kind)
{
    std::size_t padded = (bytes + 255) / 256 * 256;
    unsigned char* block = static_cast<unsigned char*>(std::aligned_alloc(256, padded + 2 * RED_ZONE));
    std::memset(block, RED, padded + 2 * RED_ZONE);
    // Memory comes filled with what shows when it is read before it is written: floats that are not a number.
    std::memset(block + RED_ZONE, 0xFF, bytes);
    memory[(std::uint64_t)(block + RED_ZONE)] = Allocation{(std::uint64_t)(block + RED_ZONE), bytes, kind, current_context};
    return block + RED_ZONE;
}

int release(std::uint64_t address, MemoryKind kind)
{
    auto found = memory.find(address);
    if (found == memory.end() || found->second.kind != kind)
    {
        return fail(INVALID_VALUE, "freed an address that was not allocated");
    }

    drain_context(found->second.context);
    const unsigned char* block = reinterpret_cast<const unsigned char*>(address) - RED_ZONE;
    std::size_t bytes = found->second.bytes;
    std::size_t padded = (bytes + 255) / 256 * 256;
    for (std::size_t i = 0; i < padded + 2 * RED_ZONE; i++)
    {
        if ((i < RED_ZONE || i >= RED_ZONE + bytes) && block[i] != RED)
        {
            violation("something wrote outside an allocation of " + std::to_string(bytes) + " bytes, at offset " + std::to_string((long)i - (long)RED_ZONE));
            break;
        }
    }

    memory.erase(found);
    std::memset(const_cast<unsigned char*>(block), 0xDD, padded + 2 * RED_ZONE);
    std::free(const_cast<unsigned char*>(block));
    return 0;
}

// Checks made by every call that needs a context.
int ready(const char* name)
{
    int code = enter(name, 0);
    if (code != 0)
    {
        if (is_fatal(code) && current_context != nullptr)
        {
            current_context->sticky = code;
        }

        return code;
    }

    if (!initialised)
    {
        return fail(NOT_INITIALIZED, std::string(name) + " before cuInit");
    }

    if (current_context == nullptr)
    {
        return fail(INVALID_CONTEXT, std::string(name) + " on a thread without a current context");
    }

    return current_context->sticky;
}

template <class T>
int own(const std::set<T*>& all, T* handle, const char* name)
{
    if (all.count(handle) == 0)
    {
        return fail(INVALID_HANDLE, std::string(name) + " with a handle that is not alive");
    }

    return handle->context == current_context ? 0 : fail(INVALID_HANDLE, std::string(name) + " with another context's handle");
}
}

Context*& current()
{
    return current_context;
}

const Allocation* find_memory(std::uint64_t address, std::size_t bytes, const Context* context)
{
    auto next = memory.upper_bound(address);
    if (next == memory.begin())
    {
        return nullptr;
    }

    const Allocation& found = std::prev(next)->second;
    bool inside = address + bytes <= found.address + found.bytes && address < found.address + std::max<std::size_t>(found.bytes, 1);
    bool ours = found.kind == MemoryKind::pinned || found.context == context;
    return inside && ours ? &found : nullptr;
}

Stream* find_stream(void* handle)
{
    Stream* stream = static_cast<Stream*>(handle);
    return streams.count(stream) != 0 ? stream : nullptr;
}

int submit(Stream* stream, const std::string& name, std::function<int()> run)
{
    if (stream->capture != nullptr)
    {
        stream->capture->operations.push_back(Operation{name, std::move(run)});
        return 0;
    }

    stream->queue.push_back(Operation{name, std::move(run)});
    return 0;
}

int drain(Stream* stream)
{
    while (!stream->queue.empty())
    {
        int result = run_one(stream);
        if (result != 0)
        {
            stream->queue.clear();
            return result;
        }
    }

    return stream->context->sticky;
}

bool refuse_while_capturing(const char* name)
{
    if (capturing_stream == nullptr)
    {
        return false;
    }

    capturing_stream->capture_broken = true;
    violation(std::string(name) + " while capturing");
    return true;
}

std::string live_objects()
{
    std::string text;
    auto add = [&text](std::size_t count, const char* what) {
        if (count != 0)
        {
            text += std::to_string(count) + " " + what + "\n";
        }
    };
    std::size_t device = 0;
    std::size_t pinned = 0;
    std::size_t bytes = 0;
    for (const auto& pair : memory)
    {
        (pair.second.kind == MemoryKind::device ? device : pinned)++;
        bytes += pair.second.bytes;
    }

    add(device, "device allocations");
    add(pinned, "pinned allocations");
    add(bytes, "bytes of both");
    add(streams.size(), "streams");
    add(events.size(), "events");
    add(modules.size(), "modules");
    add(graphs.size(), "graphs");
    add(executables.size(), "executable graphs");
    std::size_t references = 0;
    for (const Context& context : primary)
    {
        references += (std::size_t)context.references;
    }

    add(references, "context references");
    return text;
}
}

using namespace fake;

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

EXPORT int cuInit(unsigned flags)
{
    LOCK;
    if (int code = enter("cuInit", 0))
    {
        return code;
    }

    if (flags != 0)
    {
        return fail(INVALID_VALUE, "cuInit with flags");
    }

    if (device_count() == 0)
    {
        return 100;
    }

    initialised = true;
    return 0;
}

EXPORT int cuDriverGetVersion(int* version)
{
    LOCK;
    *version = (int)setting("driver", 13000);
    return enter("cuDriverGetVersion", 0);
}

EXPORT int cuGetErrorName(int code, const char** name)
{
    static const std::map<int, const char*> names = {
        {0, "CUDA_SUCCESS"}, {1, "CUDA_ERROR_INVALID_VALUE"}, {2, "CUDA_ERROR_OUT_OF_MEMORY"}, {3, "CUDA_ERROR_NOT_INITIALIZED"},
        {100, "CUDA_ERROR_NO_DEVICE"}, {101, "CUDA_ERROR_INVALID_DEVICE"}, {201, "CUDA_ERROR_INVALID_CONTEXT"}, {218, "CUDA_ERROR_INVALID_PTX"},
        {222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"}, {400, "CUDA_ERROR_INVALID_HANDLE"}, {500, "CUDA_ERROR_NOT_FOUND"}, {600, "CUDA_ERROR_NOT_READY"},
        {700, "CUDA_ERROR_ILLEGAL_ADDRESS"}, {719, "CUDA_ERROR_LAUNCH_FAILED"}, {900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"},
        {901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"}, {999, "CUDA_ERROR_UNKNOWN"}};
    auto found = names.find(code);
    *name = found == names.end() ? nullptr : found->second;
    return found == names.end() ? INVALID_VALUE : 0;
}

EXPORT int cuGetErrorString(int code, const char** text)
{
    int result = cuGetErrorName(code, text);
    *text = result == 0 ? "as the stand-in library says" : nullptr;
    return result;
}

EXPORT int cuDeviceGetCount(int* count)
{
    LOCK;
    *count = (int)device_count();
    return enter("cuDeviceGetCount", 0);
}

EXPORT int cuDeviceGet(int* device, int ordinal)
{
    LOCK;
    // Handles differ from ordinals, so that mixing them up shows.
    *device = ordinal + 7;
    int code = enter("cuDeviceGet", 0);
    return code != 0 ? code : ordinal >= 0 && ordinal < device_count() ? 0 : fail(INVALID_DEVICE, "no such device");
}

#define DEVICE_OR_RETURN(device)                              \
    if ((device) < 7 || (device) >= 7 + (int)device_count())  \
    return fail(INVALID_DEVICE, "a device handle that cuDeviceGet never gave")

EXPORT int cuDeviceGetName(char* name, int length, int device)
{
    LOCK;
    DEVICE_OR_RETURN(device);
    std::strncpy(name, ("Stand-in GPU " + std::to_string(device - 7)).c_str(), (std::size_t)length);
    return enter("cuDeviceGetName", 0);
}

EXPORT int cuDeviceGetPCIBusId(char* id, int length, int device)
{
    LOCK;
    DEVICE_OR_RETURN(device);
    std::strncpy(id, ("0000:0" + std::to_string(device - 7) + ":00.0").c_str(), (std::size_t)length);
    return enter("cuDeviceGetPCIBusId", 0);
}

EXPORT int cuDeviceGetUuid_v2(char* uuid, int device)
{
    LOCK;
    DEVICE_OR_RETURN(device);
    std::memset(uuid, device, 16);
    return enter("cuDeviceGetUuid_v2", 0);
}

EXPORT int cuDeviceTotalMem_v2(std::size_t* bytes, int device)
{
    LOCK;
    DEVICE_OR_RETURN(device);
    *bytes = (std::size_t)setting("memory", 1L << 30);
    return enter("cuDeviceTotalMem_v2", 0);
}

EXPORT int cuDeviceGetAttribute(int* value, int attribute, int device)
{
    LOCK;
    DEVICE_OR_RETURN(device);
    long capability = setting("capability", 90);
    static const std::map<int, int> values = {{1, 1024}, {8, 49152}, {10, 32}, {13, 1000000}, {16, 4}, {18, 0}, {19, 1}, {36, 1000000}, {37, 512}, {38, 1 << 20}, {115, 1}};
    auto found = values.find(attribute);
    *value = attribute == 75 ? (int)capability / 10 : attribute == 76 ? (int)capability % 10 : found == values.end() ? 0 : found->second;
    return enter("cuDeviceGetAttribute", 0);
}

EXPORT int cuDevicePrimaryCtxRetain(Context** context, int device)
{
    LOCK;
    DEVICE_OR_RETURN(device);
    if (int code = enter("cuDevicePrimaryCtxRetain", 0))
    {
        return code;
    }

    *context = &primary[device - 7];
    (*context)->device = device;
    (*context)->references++;
    return 0;
}

EXPORT int cuDevicePrimaryCtxRelease_v2(int device)
{
    LOCK;
    DEVICE_OR_RETURN(device);
    Context& context = primary[device - 7];
    if (context.references == 0)
    {
        return fail(INVALID_CONTEXT, "a primary context released more often than retained");
    }

    if (--context.references > 0)
    {
        return 0;
    }

    // The context goes, and with it everything that was forgotten in it.
    context.sticky = 0;
    auto forgotten = [&](const char* what) { violation(std::string("the context was destroyed with a live ") + what); };
    for (Stream* stream : std::set<Stream*>(streams))
    {
        if (stream->context == &context)
        {
            forgotten("stream");
            streams.erase(stream);
        }
    }

    for (const auto& pair : std::map<std::uint64_t, Allocation>(memory))
    {
        if (pair.second.context == &context)
        {
            forgotten("allocation");
            memory.erase(pair.first);
        }
    }

    if (current_context == &context)
    {
        current_context = nullptr;
    }

    return 0;
}

EXPORT int cuDevicePrimaryCtxGetState(int device, unsigned* flags, int* active)
{
    LOCK;
    DEVICE_OR_RETURN(device);
    *flags = 0;
    *active = primary[device - 7].references > 0;
    return enter("cuDevicePrimaryCtxGetState", 0);
}

EXPORT int cuCtxSetCurrent(Context* context)
{
    LOCK;
    // Not counted among the calls that can fail: releases need it, and a real one fails only for a dead context.
    bool known = context == nullptr;
    for (Context& one : primary)
    {
        known = known || (&one == context && one.references > 0);
    }

    if (!known)
    {
        return fail(INVALID_CONTEXT, "cuCtxSetCurrent with a context that is not alive");
    }

    current_context = context;
    return 0;
}

EXPORT int cuCtxGetCurrent(Context** context)
{
    LOCK;
    *context = current_context;
    return enter("cuCtxGetCurrent", 0);
}

EXPORT int cuCtxGetDevice(int* device)
{
    READY("cuCtxGetDevice");
    *device = current_context->device;
    return 0;
}

EXPORT int cuCtxSynchronize()
{
    READY("cuCtxSynchronize");
    REFUSE_CAPTURE("cuCtxSynchronize");
    return drain_context(current_context);
}

EXPORT int cuModuleLoadDataEx(Module** module, const char* image, unsigned count, const int* options, void** values)
{
    READY("cuModuleLoadDataEx");
    REFUSE_CAPTURE("cuModuleLoadDataEx");
    Module* loaded = new Module{current_context, {}};
    std::string log;
    int code = ptx::read(image, loaded->kernels, log);
    if (code != 0)
    {
        delete loaded;
        char* buffer = nullptr;
        std::size_t size = 0;
        for (unsigned i = 0; i < count; i++)
        {
            buffer = options[i] == 5 ? static_cast<char*>(values[i]) : buffer;
            size = options[i] == 6 ? (std::size_t)values[i] : size;
        }

        if (buffer != nullptr && size > 0)
        {
            std::strncpy(buffer, log.c_str(), size - 1);
            buffer[size - 1] = 0;
        }

        return code;
    }

    modules.insert(loaded);
    *module = loaded;
    return 0;
}

EXPORT int cuModuleUnload(Module* module)
{
    LOCK;
    CHECK(own(modules, module, "cuModuleUnload"));
    modules.erase(module);
    delete module;
    return 0;
}

EXPORT int cuModuleGetFunction(Function** function, Module* module, const char* name)
{
    READY("cuModuleGetFunction");
    CHECK(own(modules, module, "cuModuleGetFunction"));
    auto found = module->kernels.find(name);
    if (found == module->kernels.end())
    {
        return NOT_FOUND;
    }

    // Functions live as long as the process here; a real one lives as long as its module, which launches check.
    *function = new Function{module, found->second};
    functions.push_back(*function);
    return 0;
}

EXPORT int cuModuleGetGlobal_v2(std::uint64_t*, std::size_t*, Module*, const char*)
{
    READY("cuModuleGetGlobal_v2");
    return NOT_FOUND;
}

EXPORT int cuFuncGetAttribute(int* value, int attribute, Function* function)
{
    READY("cuFuncGetAttribute");
    *value = attribute == 0 ? (int)function->kernel->max_threads : attribute == 4 ? 32 : attribute == 5 ? 64 : 0;
    return 0;
}

EXPORT int cuFuncSetAttribute(Function*, int, int)
{
    READY("cuFuncSetAttribute");
    return 0;
}

EXPORT int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Function*, int size, std::size_t)
{
    READY("cuOccupancyMaxActiveBlocksPerMultiprocessor");
    *blocks = size > 0 && size <= 1024 ? 2048 / size : 0;
    return *blocks == 0 ? INVALID_VALUE : 0;
}

EXPORT int cuLaunchKernel(Function* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, Stream* stream, void** parameters, void** extra)
{
    READY("cuLaunchKernel");
    CHECK(own(streams, stream, "cuLaunchKernel"));
    if (modules.count(function->module) == 0 || function->module->context != current_context)
    {
        return fail(INVALID_HANDLE, "a launch of a kernel whose module is gone or another context's");
    }

    const kernel_host::Kernel& kernel = *function->kernel;
    if (extra != nullptr || shared > 49152 || gx == 0 || gy == 0 || gz == 0 || gx > 0x7fffffff || gy > 65535 || gz > 65535 || bx * by * bz == 0 || bx * by * bz > kernel.max_threads)
    {
        return fail(INVALID_VALUE, kernel.name + ": a launch of " + std::to_string(gx) + "x" + std::to_string(gy) + "x" + std::to_string(gz) + " blocks of " + std::to_string(bx) + "x" + std::to_string(by) + "x" + std::to_string(bz) + " threads");
    }

    // The driver copies arguments when the launch is queued.
    std::vector<std::vector<unsigned char>> values;
    for (std::size_t i = 0; i < kernel.parameters.size(); i++)
    {
        const unsigned char* value = static_cast<const unsigned char*>(parameters[i]);
        values.emplace_back(value, value + kernel.parameters[i].size);
    }

    Context* context = current_context;
    return submit(stream, kernel.name, [=, &kernel]() mutable {
        std::vector<void*> addresses;
        for (std::size_t i = 0; i < values.size(); i++)
        {
            addresses.push_back(values[i].data());
            if (kernel.parameters[i].pointer)
            {
                std::uint64_t address;
                std::memcpy(&address, values[i].data(), 8);
                if (address != 0 && find_memory(address, 1, context) == nullptr)
                {
                    return fail(ILLEGAL_ADDRESS, kernel.name + ": argument " + std::to_string(i + 1) + " points to no memory of this device");
                }
            }
        }

        std::string error = kernel_host::launch(kernel, {gx, gy, gz}, {bx, by, bz}, addresses.data());
        return error.empty() ? 0 : fail(LAUNCH_FAILED, error);
    });
}

EXPORT int cuMemAlloc_v2(std::uint64_t* pointer, std::size_t bytes)
{
    READY("cuMemAlloc_v2");
    REFUSE_CAPTURE("cuMemAlloc_v2");
    if (bytes == 0)
    {
        return fail(INVALID_VALUE, "an allocation of 0 bytes");
    }

    if (bytes_in_use(current_context) + bytes > (std::size_t)setting("memory", 1L << 30))
    {
        return OUT_OF_MEMORY;
    }

    *pointer = (std::uint64_t)allocate(bytes, MemoryKind::device);
    return 0;
}

EXPORT int cuMemFree_v2(std::uint64_t pointer)
{
    LOCK;
    return release(pointer, MemoryKind::device);
}

EXPORT int cuMemGetInfo_v2(std::size_t* free, std::size_t* total)
{
    READY("cuMemGetInfo_v2");
    *total = (std::size_t)setting("memory", 1L << 30);
    *free = *total - std::min(*total, bytes_in_use(current_context));
    return 0;
}

EXPORT int cuMemHostAlloc(void** pointer, std::size_t bytes, unsigned flags)
{
    READY("cuMemHostAlloc");
    REFUSE_CAPTURE("cuMemHostAlloc");
    if (bytes == 0 || flags > 7)
    {
        return fail(INVALID_VALUE, "cuMemHostAlloc of 0 bytes or with unknown flags");
    }

    *pointer = allocate(bytes, MemoryKind::pinned);
    return 0;
}

EXPORT int cuMemFreeHost(void* pointer)
{
    LOCK;
    return release((std::uint64_t)pointer, MemoryKind::pinned);
}

EXPORT int cuMemHostGetDevicePointer_v2(std::uint64_t* device, void* host, unsigned flags)
{
    READY("cuMemHostGetDevicePointer_v2");
    const Allocation* found = find_memory((std::uint64_t)host, 1, current_context);
    if (found == nullptr || found->kind != MemoryKind::pinned || flags != 0)
    {
        return fail(INVALID_VALUE, "cuMemHostGetDevicePointer of memory that is not pinned");
    }

    *device = (std::uint64_t)host;
    return 0;
}

namespace
{
// Host memory that is not pinned is read when the call is made, as the driver does; pinned memory when the copy runs.
int copy(const char* name, std::uint64_t target, std::uint64_t source, std::size_t bytes, bool to_device, bool from_device, Stream* stream)
{
    READY(name);
    CHECK(own(streams, stream, name));
    Context* context = current_context;
    if ((to_device && find_memory(target, bytes, context) == nullptr) || (from_device && find_memory(source, bytes, context) == nullptr))
    {
        return fail(INVALID_VALUE, std::string(name) + ": the range is not inside one allocation of this device");
    }

    const Allocation* host = to_device ? find_memory(source, bytes, context) : find_memory(target, bytes, context);
    bool pageable = !(to_device && from_device) && host == nullptr;
    if (pageable && stream->capture != nullptr)
    {
        stream->capture_broken = true;
        return fail(CAPTURE_UNSUPPORTED, std::string(name) + " with pageable memory while capturing");
    }

    if (pageable && to_device)
    {
        std::vector<unsigned char> now((const unsigned char*)source, (const unsigned char*)source + bytes);
        return submit(stream, name, [=] {
            std::memcpy((void*)target, now.data(), now.size());
            return 0;
        });
    }

    CHECK(submit(stream, name, [=] {
        if ((to_device && find_memory(target, bytes, context) == nullptr) || (from_device && find_memory(source, bytes, context) == nullptr))
        {
            return fail(ILLEGAL_ADDRESS, std::string(name) + ": the memory was freed before the copy ran");
        }

        std::memmove((void*)target, (const void*)source, bytes);
        return 0;
    }));
    return pageable ? drain(stream) : 0;
}

int fill(const char* name, std::uint64_t target, std::uint32_t value, std::size_t count, std::size_t size, Stream* stream)
{
    READY(name);
    CHECK(own(streams, stream, name));
    Context* context = current_context;
    if (target % size != 0 || find_memory(target, count * size, context) == nullptr)
    {
        return fail(INVALID_VALUE, std::string(name) + ": the range is misaligned or not inside one allocation of this device");
    }

    return submit(stream, name, [=] {
        for (std::size_t i = 0; i < count; i++)
        {
            std::memcpy((unsigned char*)target + i * size, &value, size);
        }

        return 0;
    });
}
}

EXPORT int cuMemcpyHtoDAsync_v2(std::uint64_t target, const void* source, std::size_t bytes, Stream* stream)
{
    return copy("cuMemcpyHtoDAsync_v2", target, (std::uint64_t)source, bytes, true, false, stream);
}

EXPORT int cuMemcpyDtoHAsync_v2(void* target, std::uint64_t source, std::size_t bytes, Stream* stream)
{
    return copy("cuMemcpyDtoHAsync_v2", (std::uint64_t)target, source, bytes, false, true, stream);
}

EXPORT int cuMemcpyDtoDAsync_v2(std::uint64_t target, std::uint64_t source, std::size_t bytes, Stream* stream)
{
    return copy("cuMemcpyDtoDAsync_v2", target, source, bytes, true, true, stream);
}

EXPORT int cuMemsetD8Async(std::uint64_t target, unsigned char value, std::size_t count, Stream* stream)
{
    return fill("cuMemsetD8Async", target, value, count, 1, stream);
}

EXPORT int cuMemsetD32Async(std::uint64_t target, unsigned value, std::size_t count, Stream* stream)
{
    return fill("cuMemsetD32Async", target, value, count, 4, stream);
}

EXPORT int cuPointerGetAttribute(void* data, int attribute, std::uint64_t pointer)
{
    READY("cuPointerGetAttribute");
    const Allocation* found = find_memory(pointer, 1, current_context);
    if (found == nullptr)
    {
        return INVALID_VALUE;
    }

    int value = attribute == 2 ? (found->kind == MemoryKind::device ? 2 : 1) : 0;
    std::memcpy(data, &value, sizeof(value));
    return 0;
}

EXPORT int cuStreamCreate(Stream** stream, unsigned flags)
{
    READY("cuStreamCreate");
    if (flags > 1)
    {
        return fail(INVALID_VALUE, "cuStreamCreate with unknown flags");
    }

    *stream = new Stream{current_context, {}};
    streams.insert(*stream);
    return 0;
}

EXPORT int cuStreamDestroy_v2(Stream* stream)
{
    LOCK;
    CHECK(own(streams, stream, "cuStreamDestroy_v2"));
    drain(stream);
    for (Event* event : events)
    {
        event->stream = event->stream == stream ? nullptr : event->stream;
    }

    streams.erase(stream);
    delete stream;
    return 0;
}

EXPORT int cuStreamSynchronize(Stream* stream)
{
    READY("cuStreamSynchronize");
    CHECK(own(streams, stream, "cuStreamSynchronize"));
    REFUSE_CAPTURE("cuStreamSynchronize");
    return drain(stream);
}

EXPORT int cuStreamQuery(Stream* stream)
{
    READY("cuStreamQuery");
    CHECK(own(streams, stream, "cuStreamQuery"));
    REFUSE_CAPTURE("cuStreamQuery");
    return stream->queue.empty() ? 0 : NOT_READY;
}

EXPORT int cuStreamWaitEvent(Stream* stream, Event* event, unsigned)
{
    READY("cuStreamWaitEvent");
    CHECK(own(streams, stream, "cuStreamWaitEvent"));
    CHECK(own(events, event, "cuStreamWaitEvent"));
    REFUSE_CAPTURE("cuStreamWaitEvent");
    std::uint64_t until = event->recorded;
    return submit(stream, "cuStreamWaitEvent", [=] {
        while (event->completed < until && event->stream != nullptr && !event->stream->queue.empty())
        {
            CHECK(run_one(event->stream));
        }

        return 0;
    });
}

EXPORT int cuStreamGetCtx(Stream* stream, Context** context)
{
    READY("cuStreamGetCtx");
    if (streams.count(stream) == 0)
    {
        return INVALID_HANDLE;
    }

    *context = stream->context;
    return 0;
}

EXPORT int cuEventCreate(Event** event, unsigned flags)
{
    READY("cuEventCreate");
    *event = new Event{current_context};
    (*event)->timing = (flags & 2) == 0;
    events.insert(*event);
    return 0;
}

EXPORT int cuEventRecord(Event* event, Stream* stream)
{
    READY("cuEventRecord");
    CHECK(own(events, event, "cuEventRecord"));
    CHECK(own(streams, stream, "cuEventRecord"));
    REFUSE_CAPTURE("cuEventRecord");
    event->stream = stream;
    std::uint64_t number = ++event->recorded;
    return submit(stream, "cuEventRecord", [=] {
        if (events.count(event) != 0)
        {
            event->completed = number;
            event->milliseconds = now();
        }

        return 0;
    });
}

EXPORT int cuEventQuery(Event* event)
{
    READY("cuEventQuery");
    CHECK(own(events, event, "cuEventQuery"));
    REFUSE_CAPTURE("cuEventQuery");
    // A little gets done between two questions, so that "not ready" is met and so is its end.
    for (int i = 0; i < 3 && event->completed < event->recorded && event->stream != nullptr; i++)
    {
        CHECK(run_one(event->stream));
    }

    return event->completed < event->recorded ? NOT_READY : 0;
}

EXPORT int cuEventSynchronize(Event* event)
{
    READY("cuEventSynchronize");
    CHECK(own(events, event, "cuEventSynchronize"));
    REFUSE_CAPTURE("cuEventSynchronize");
    while (event->completed < event->recorded && event->stream != nullptr)
    {
        CHECK(run_one(event->stream));
    }

    return 0;
}

EXPORT int cuEventElapsedTime(float* milliseconds, Event* start, Event* end)
{
    READY("cuEventElapsedTime");
    CHECK(own(events, start, "cuEventElapsedTime"));
    CHECK(own(events, end, "cuEventElapsedTime"));
    if (!start->timing || !end->timing || start->recorded == 0 || end->recorded == 0)
    {
        return fail(INVALID_HANDLE, "cuEventElapsedTime of events without timing or never recorded");
    }

    if (start->completed < start->recorded || end->completed < end->recorded)
    {
        return NOT_READY;
    }

    *milliseconds = (float)(end->milliseconds - start->milliseconds);
    return 0;
}

EXPORT int cuEventDestroy_v2(Event* event)
{
    LOCK;
    CHECK(own(events, event, "cuEventDestroy_v2"));
    events.erase(event);
    // A record of it may still be queued: the memory stays, so that its number cannot be another event's.
    return 0;
}

EXPORT int cuStreamBeginCapture_v2(Stream* stream, int mode)
{
    READY("cuStreamBeginCapture_v2");
    CHECK(own(streams, stream, "cuStreamBeginCapture_v2"));
    REFUSE_CAPTURE("cuStreamBeginCapture_v2");
    if (mode < 0 || mode > 2)
    {
        return fail(INVALID_VALUE, "cuStreamBeginCapture with an unknown mode");
    }

    stream->capture = new Graph{current_context, {}};
    stream->capture_broken = false;
    capturing_stream = stream;
    return 0;
}

EXPORT int cuStreamEndCapture(Stream* stream, Graph** graph)
{
    LOCK;
    *graph = nullptr;
    CHECK(own(streams, stream, "cuStreamEndCapture"));
    if (stream->capture == nullptr)
    {
        return fail(INVALID_VALUE, "cuStreamEndCapture of a stream that does not capture");
    }

    Graph* captured = stream->capture;
    stream->capture = nullptr;
    if (capturing_stream == stream)
    {
        capturing_stream = nullptr;
    }

    int injected = enter("cuStreamEndCapture", 0);
    if (stream->capture_broken || injected != 0)
    {
        delete captured;
        return injected != 0 ? injected : CAPTURE_INVALIDATED;
    }

    graphs.insert(captured);
    *graph = captured;
    return 0;
}

EXPORT int cuStreamIsCapturing(Stream* stream, int* status)
{
    READY("cuStreamIsCapturing");
    CHECK(own(streams, stream, "cuStreamIsCapturing"));
    *status = stream->capture == nullptr ? 0 : stream->capture_broken ? 2 : 1;
    return 0;
}

EXPORT int cuGraphGetNodes(Graph* graph, void*, std::size_t* count)
{
    READY("cuGraphGetNodes");
    CHECK(own(graphs, graph, "cuGraphGetNodes"));
    *count = graph->operations.size();
    return 0;
}

EXPORT int cuGraphInstantiateWithFlags(Executable** executable, Graph* graph, unsigned long long flags)
{
    READY("cuGraphInstantiateWithFlags");
    CHECK(own(graphs, graph, "cuGraphInstantiateWithFlags"));
    REFUSE_CAPTURE("cuGraphInstantiateWithFlags");
    if (flags != 0)
    {
        return fail(INVALID_VALUE, "cuGraphInstantiate with flags");
    }

    *executable = new Executable{current_context, graph->operations};
    executables.insert(*executable);
    return 0;
}

EXPORT int cuGraphUpload(Executable* executable, Stream* stream)
{
    READY("cuGraphUpload");
    CHECK(own(executables, executable, "cuGraphUpload"));
    return own(streams, stream, "cuGraphUpload");
}

EXPORT int cuGraphLaunch(Executable* executable, Stream* stream)
{
    READY("cuGraphLaunch");
    CHECK(own(executables, executable, "cuGraphLaunch"));
    CHECK(own(streams, stream, "cuGraphLaunch"));
    REFUSE_CAPTURE("cuGraphLaunch");
    std::vector<Operation> operations = executable->operations;
    return submit(stream, "cuGraphLaunch", [operations]() {
        for (const Operation& operation : operations)
        {
            CHECK(operation.run());
        }

        return 0;
    });
}

EXPORT int cuGraphExecDestroy(Executable* executable)
{
    LOCK;
    CHECK(own(executables, executable, "cuGraphExecDestroy"));
    executables.erase(executable);
    delete executable;
    return 0;
}

EXPORT int cuGraphDestroy(Graph* graph)
{
    LOCK;
    CHECK(own(graphs, graph, "cuGraphDestroy"));
    graphs.erase(graph);
    delete graph;
    return 0;
}
