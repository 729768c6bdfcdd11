// The stand-in for libcuda: what is alive, queues of work, memory between red zones.
#include "driver.h"

#include <cstdlib>

namespace fake
{
namespace driver
{
bool initialised = false;
Context primary[MAX_DEVICES];
std::map<std::uint64_t, Allocation> memory;
std::uint64_t memory_changes = 0;
int process_sticky = 0;
std::set<Stream*> streams;
std::set<Event*> events;
std::set<Module*> modules;
std::set<Graph*> graphs;
std::set<Executable*> executables;
thread_local Context* current_context = nullptr;
thread_local Stream* capturing_stream = nullptr;

namespace
{
// Written before and after every allocation and looked at when it is freed.
constexpr std::size_t RED_ZONE = 256;
constexpr unsigned char RED = 0xA5;

bool is_fatal(int code)
{
    return code == 214 || code == 700 || code == 702 || code == 710 || (code >= 714 && code <= 719);
}
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
        process_sticky = setting("fatal_for_process", 0) != 0 ? result : 0;
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
    memory_changes++;
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

    memory_changes++;
    std::free(found->second.cells);
    memory.erase(found);
    std::memset(const_cast<unsigned char*>(block), 0xDD, padded + 2 * RED_ZONE);
    std::free(const_cast<unsigned char*>(block));
    return 0;
}

int ready(const char* name)
{
    int code = enter(name, 0);
    if (code != 0)
    {
        if (is_fatal(code) && current_context != nullptr)
        {
            current_context->sticky = code;
            process_sticky = setting("fatal_for_process", 0) != 0 ? code : 0;
        }

        return code;
    }

    if (process_sticky != 0 && setting("fatal_for_process", 0) != 0)
    {
        return process_sticky;
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
}

using namespace driver;

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
