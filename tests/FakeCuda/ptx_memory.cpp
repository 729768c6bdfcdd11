// Memory as kernels see it: what an address means, and who touched what since the last barrier.
#include "driver.h"
#include "ptx_run.h"

#include <cstdlib>

namespace ptx
{
alignas(256) unsigned char shared_memory[shared_window_bytes];

namespace
{
constexpr unsigned stretch_bits = 19;
constexpr std::uint32_t several = 1;

Cell shared_cells[shared_window_bytes / 2];
std::uint32_t stretch = 0;
const fake::Context* seen_context = nullptr;
std::uint64_t seen_changes = 0;
// Sites that were filled under another generation look anew.
unsigned generation = 1;

std::vector<Range>& variables()
{
    static std::vector<Range> all;
    return all;
}

std::uint32_t tag()
{
    return stretch << 13 | self.current << 3;
}

Cell* new_cells(std::uint64_t bytes)
{
    return static_cast<Cell*>(std::calloc((bytes + 1) / 2, sizeof(Cell)));
}

bool find_range(Space space, std::uint64_t address, Range& range)
{
    if (space == Space::shared)
    {
        const Kernel& kernel = running();
        for (unsigned i = 0; i < kernel.shared_count; i++)
        {
            const Variable& one = kernel.shared[i];
            if (address - one.address < one.size)
            {
                range = {one.name, one.address, one.size, shared_cells + one.address / 2};
                return true;
            }
        }

        return false;
    }

    if (space != Space::constant)
    {
        auto next = fake::driver::memory.upper_bound(address);
        if (next != fake::driver::memory.begin())
        {
            fake::Allocation& one = std::prev(next)->second;
            if (address - one.address < one.bytes && (one.kind == fake::MemoryKind::pinned || one.context == seen_context))
            {
                one.cells = one.cells == nullptr ? new_cells(one.bytes) : one.cells;
                range = {"memory", one.address, one.bytes, static_cast<Cell*>(one.cells)};
                return true;
            }
        }
    }

    for (const Range& one : variables())
    {
        if (address - one.begin < one.size)
        {
            range = one;
            return true;
        }
    }

    return false;
}

[[noreturn]] __attribute__((noinline)) void bad_address(const Site& site, Space space, std::uint64_t address, unsigned bytes, const char* verb)
{
    std::string what = std::string(verb) + " " + std::to_string(bytes) + " bytes of ";
    Range range;
    if (find_range(space, address, range))
    {
        what += std::string(range.name) + " at offset " + std::to_string(address - range.begin) + ", beyond its " + std::to_string(range.size) + " bytes";
    }
    else if (site.range.size != 0 && address - site.range.begin < site.range.size + 4096)
    {
        what += std::string(site.range.name) + " at offset " + std::to_string(address - site.range.begin) + ", beyond its " + std::to_string(site.range.size) + " bytes: an address that points to no memory of this device";
    }
    else
    {
        what += space == Space::shared ? "shared memory at " + std::to_string(address) + ", where no variable is" : "an address that points to no memory of this device";
    }

    fault(site, fake::driver::ILLEGAL_ADDRESS, what);
}

[[noreturn]] __attribute__((noinline)) void race(const Site& site, std::uint64_t address, std::uint32_t other, const char* verb, const char* other_verb)
{
    bool many = std::string(other_verb) == "reads" && (other & several) != 0;
    std::string who = many ? "several threads read" : "thread " + std::to_string(other >> 3 & 1023) + " " + other_verb;
    fault(site, fake::driver::LAUNCH_FAILED, std::string("races: it ") + verb + " offset " + std::to_string(address - site.range.begin) + " of " + site.range.name + ", which " + who + " without a barrier between");
}

// Fills the site's range with that of the address, and checks it.
template <unsigned bytes>
inline void locate(Site& site, Space space, std::uint64_t address, const char* verb)
{
    if (address % bytes != 0)
    {
        fault(site, fake::driver::MISALIGNED_ADDRESS, std::string(verb) + " " + std::to_string(bytes) + " bytes at an address that is no multiple of " + std::to_string(bytes));
    }

    if (site.generation != generation || address - site.range.begin >= site.range.size)
    {
        if (!find_range(space, address, site.range))
        {
            bad_address(site, space, address, bytes, verb);
        }

        site.generation = generation;
    }

    if (address - site.range.begin > site.range.size - bytes || site.range.size < bytes)
    {
        bad_address(site, space, address, bytes, verb);
    }
}

inline bool in_stretch(std::uint32_t entry)
{
    return entry >> 13 == stretch;
}

inline bool by_another(std::uint32_t entry, std::uint32_t mine)
{
    return (entry & ~7u) != mine;
}

template <unsigned bytes>
inline void note_read(Site& site, std::uint64_t address)
{
    std::uint64_t offset = address - site.range.begin;
    std::uint32_t mine = tag();
    std::uint32_t mask = bytes == 1 ? 2u << (offset & 1) : 6u;
    Cell* cells = site.range.cells + offset / 2;
    for (unsigned i = 0; i < (bytes + 1) / 2; i++)
    {
        Cell& cell = cells[i];
        if (in_stretch(cell.writer) && by_another(cell.writer, mine) && (cell.writer & mask) != 0)
        {
            race(site, address, cell.writer, "reads", "writes");
        }

        cell.reader = !in_stretch(cell.reader) ? mine | mask : cell.reader | mask | (by_another(cell.reader, mine) ? several : 0);
    }
}

// Threads may write the same value to the same place.
template <unsigned bytes>
inline void note_write(Site& site, std::uint64_t address, const void* target, const void* value)
{
    std::uint64_t offset = address - site.range.begin;
    std::uint32_t mine = tag();
    std::uint32_t mask = bytes == 1 ? 2u << (offset & 1) : 6u;
    Cell* cells = site.range.cells + offset / 2;
    for (unsigned i = 0; i < (bytes + 1) / 2; i++)
    {
        Cell& cell = cells[i];
        if (in_stretch(cell.reader) && ((cell.reader & several) != 0 || by_another(cell.reader, mine)) && (cell.reader & mask) != 0)
        {
            race(site, address, cell.reader, "writes", "reads");
        }

        bool again = in_stretch(cell.writer) && !by_another(cell.writer, mine);
        if (in_stretch(cell.writer) && !again && (cell.writer & mask) != 0 && std::memcmp(target, value, bytes) != 0)
        {
            race(site, address, cell.writer, "writes", "writes another value to");
        }

        cell.writer = again ? cell.writer | mask : mine | mask;
    }
}

inline std::uint64_t shared_window()
{
    return reinterpret_cast<std::uint64_t>(shared_memory);
}

// The host's address of an address in a space, checked.
template <Space space, unsigned bytes>
inline unsigned char* host(Site& site, std::uint64_t& address, const char* verb)
{
    if (space == Space::shared || (space == Space::generic && address - shared_window() < shared_window_bytes))
    {
        address -= space == Space::generic ? shared_window() : 0;
        locate<bytes>(site, Space::shared, address, verb);
        return shared_memory + address;
    }

    locate<bytes>(site, space, address, verb);
    return reinterpret_cast<unsigned char*>(address);
}
}

template <Space space, unsigned bytes>
const void* read(Site& site, std::uint64_t address)
{
    const void* source = host<space, bytes>(site, address, "reads");
    if (site.range.cells != nullptr)
    {
        note_read<bytes>(site, address);
    }

    return source;
}

template <Space space, unsigned bytes>
void write(Site& site, std::uint64_t address, const void* value)
{
    void* target = host<space, bytes>(site, address, "writes");
    if (site.range.cells == nullptr)
    {
        fault(site, fake::driver::ILLEGAL_ADDRESS, std::string("writes to ") + site.range.name + ", which is constant");
    }

    note_write<bytes>(site, address, target, value);
    std::memcpy(target, value, bytes);
}

template <Space space, unsigned bytes>
void* atomic(Site& site, std::uint64_t address)
{
    return host<space, bytes>(site, address, "changes");
}

#define ACCESS(space, bytes)                                               \
    template const void* read<Space::space, bytes>(Site&, std::uint64_t);  \
    template void write<Space::space, bytes>(Site&, std::uint64_t, const void*);
#define ACCESSES(space) ACCESS(space, 1) ACCESS(space, 2) ACCESS(space, 4) ACCESS(space, 8) ACCESS(space, 16)
#define ATOMICS(space)                                            \
    template void* atomic<Space::space, 2>(Site&, std::uint64_t); \
    template void* atomic<Space::space, 4>(Site&, std::uint64_t); \
    template void* atomic<Space::space, 8>(Site&, std::uint64_t);

ACCESSES(generic)
ACCESSES(global)
ACCESSES(shared)
ACCESSES(constant)
ATOMICS(generic)
ATOMICS(global)
ATOMICS(shared)

void check_local(const Site& site, const void* variable, std::uint64_t size, std::uint64_t address, unsigned bytes)
{
    std::uint64_t offset = address - reinterpret_cast<std::uint64_t>(variable);
    if (address % bytes != 0)
    {
        fault(site, fake::driver::MISALIGNED_ADDRESS, "an access of " + std::to_string(bytes) + " bytes at a local address that is no multiple of it");
    }

    if (size < bytes || offset > size - bytes)
    {
        fault(site, fake::driver::ILLEGAL_ADDRESS, "an access beyond the thread's " + std::to_string(size) + " local bytes");
    }
}

const void* check_parameter(const Site& site, const unsigned* sizes, unsigned count, std::uint64_t address, unsigned bytes)
{
    for (unsigned i = 0; i < count; i++)
    {
        std::uint64_t offset = address - reinterpret_cast<std::uint64_t>(self.parameters[i]);
        if (offset < sizes[i] && bytes <= sizes[i] - offset && offset % bytes == 0)
        {
            return reinterpret_cast<const void*>(address);
        }
    }

    fault(site, fake::driver::ILLEGAL_ADDRESS, "an access of " + std::to_string(bytes) + " bytes beyond the kernel's parameters, or at no multiple of it");
}

void next_stretch()
{
    if (++stretch >> stretch_bits == 0)
    {
        return;
    }

    // The numbers are used up: all that was noted is forgotten.
    stretch = 1;
    std::memset(shared_cells, 0, sizeof(shared_cells));
    for (auto& pair : fake::driver::memory)
    {
        if (pair.second.cells != nullptr)
        {
            std::memset(pair.second.cells, 0, (pair.second.bytes + 1) / 2 * sizeof(Cell));
        }
    }

    for (const Range& one : variables())
    {
        if (one.cells != nullptr)
        {
            std::memset(one.cells, 0, (one.size + 1) / 2 * sizeof(Cell));
        }
    }
}

void begin_memory(const fake::Context* context)
{
    if (context != seen_context || seen_changes != fake::driver::memory_changes)
    {
        seen_context = context;
        seen_changes = fake::driver::memory_changes;
        generation++;
    }
}

void begin_shared()
{
    std::memset(shared_memory, 0xFF, running().shared_bytes);
}

void add_variable(const Variable& variable)
{
    variables().push_back({variable.name, variable.address, variable.size, variable.constant ? nullptr : new_cells(variable.size)});
}
}
