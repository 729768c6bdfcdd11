// Runs the project's CUDA kernels on the host: the same .cu files, compiled by g++ with this header in place of a GPU.
//
// Each KERNEL(name, parameters...) or BLOCK_KERNEL(...) of a .cu registers itself when the library is loaded;
// kernel_host::find gives it by name, kernel_host::launch runs a grid of it. Threads of a KERNEL run one after the other.
// Threads of a BLOCK_KERNEL are fibers of one block that switch at barriers and warp exchanges. Misuse that a GPU would
// answer with a hang or with garbage (a barrier that some threads miss, an exchange in a half warp) is reported.
//
// The order of threads and blocks can be reversed: a result that then differs in one bit shows a missing barrier or a
// sum whose order is left to chance.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <ucontext.h>

#define __device__
#define __shared__ static
#define DEVICE static inline
#define UNROLL
#define DEVICE_MEMBER inline

struct alignas(16) Float4
{
    float x, y, z, w;
};

struct alignas(16) Bits128
{
    unsigned x, y, z, w;
};

typedef _Float16 Half;

namespace kernel_host
{
struct Index
{
    unsigned x, y, z;
};

struct Parameter
{
    std::size_t size;
    bool pointer;
};

struct Kernel
{
    std::string name;
    bool cooperative;
    unsigned max_threads;
    std::vector<Parameter> parameters;
    // Calls the kernel function as one thread; values as in cuLaunchKernel: one pointer to each parameter's value.
    std::function<void(void**)> thread;
};

inline std::map<std::string, Kernel>& registry()
{
    static std::map<std::string, Kernel> kernels;
    return kernels;
}

inline const Kernel* find(const std::string& name)
{
    auto found = registry().find(name);
    return found == registry().end() ? nullptr : &found->second;
}

struct Registration
{
    template <class... A>
    Registration(const char* name, bool cooperative, void (*function)(A...))
    {
        registry()[name] = Kernel{name, cooperative, 256, {Parameter{sizeof(A), std::is_pointer<A>::value}...},
                                  [function](void** values) { call(function, values, std::index_sequence_for<A...>()); }};
    }

    template <class... A, std::size_t... I>
    static void call(void (*function)(A...), void** values, std::index_sequence<I...>)
    {
        (void)values;
        function(*static_cast<std::remove_reference_t<A>*>(values[I])...);
    }
};

// Process-wide: true runs blocks and threads from the last to the first.
inline bool& reversed()
{
    static bool value = false;
    return value;
}

enum class Wait
{
    nothing,
    block,
    warp,
    finished,
};

struct Fiber
{
    std::unique_ptr<char[]> stack;
    std::jmp_buf state;
    bool started = false;
    Wait wait = Wait::finished;
    unsigned generation = 0;
};

struct Warp
{
    unsigned arrived = 0;
    unsigned generation = 0;
    std::uint32_t values[2][32];
};

struct Machine
{
    Index thread{}, block{}, grid{}, threads{};
    const Kernel* kernel = nullptr;
    void** values = nullptr;
    std::string error;

    std::vector<Fiber> fibers;
    std::vector<Warp> warps;
    unsigned current = 0;
    unsigned arrived = 0;
    unsigned generation = 0;
    std::jmp_buf scheduler;
};

// One for the process: launches run one after the other, under the stand-in's lock. Fibers may change threads between
// launches, so nothing here and in the kernels is local to a thread.
inline Machine the_machine;

inline Machine& machine()
{
    return the_machine;
}

constexpr std::size_t stack_bytes = 64 * 1024;

// Leaves the fiber for the scheduler; comes back when it is resumed.
__attribute__((noinline)) inline void leave(Machine& m)
{
    if (_setjmp(m.fibers[m.current].state) == 0)
    {
        _longjmp(m.scheduler, 1);
    }
}

inline void fiber_main()
{
    Machine& m = machine();
    for (;;)
    {
        m.kernel->thread(m.values);
        m.fibers[m.current].wait = Wait::finished;
        leave(m);
    }
}

__attribute__((noinline)) inline void resume(Machine& m, unsigned index)
{
    m.current = index;
    m.thread = Index{index, 0, 0};
    Fiber& fiber = m.fibers[index];
    if (_setjmp(m.scheduler) != 0)
    {
        return;
    }

    if (fiber.started)
    {
        _longjmp(fiber.state, 1);
    }

    fiber.started = true;
    fiber.stack = std::make_unique<char[]>(stack_bytes);
    ucontext_t context;
    getcontext(&context);
    context.uc_stack.ss_sp = fiber.stack.get();
    context.uc_stack.ss_size = stack_bytes;
    context.uc_link = nullptr;
    makecontext(&context, fiber_main, 0);
    setcontext(&context);
}

inline void fail(Machine& m, const std::string& what)
{
    if (m.error.empty())
    {
        m.error = m.kernel->name + ": " + what;
    }
}

// A fiber stopped in the middle of a failed kernel is of no more use: it starts afresh next time.
inline void drop_fibers(Machine& m)
{
    m.fibers.clear();
}

inline void barrier()
{
    Machine& m = machine();
    if (!m.kernel->cooperative)
    {
        fail(m, "a barrier in a KERNEL; write BLOCK_KERNEL");
        return;
    }

    if (++m.arrived == m.threads.x)
    {
        m.arrived = 0;
        m.generation++;
        return;
    }

    Fiber& fiber = m.fibers[m.current];
    fiber.wait = Wait::block;
    fiber.generation = m.generation;
    leave(m);
}

// Every lane gives a value and gets all 32.
inline const std::uint32_t* exchange(std::uint32_t value)
{
    Machine& m = machine();
    static std::uint32_t nothing[32];
    if (!m.kernel->cooperative)
    {
        fail(m, "a warp exchange in a KERNEL; write BLOCK_KERNEL");
        return nothing;
    }

    Warp& warp = m.warps[m.current / 32];
    unsigned generation = warp.generation;
    std::uint32_t* values = warp.values[generation % 2];
    values[m.current % 32] = value;
    if (++warp.arrived == 32)
    {
        warp.arrived = 0;
        warp.generation++;
        return values;
    }

    Fiber& fiber = m.fibers[m.current];
    fiber.wait = Wait::warp;
    fiber.generation = generation;
    leave(m);
    return values;
}

inline void run_block(Machine& m)
{
    unsigned count = m.threads.x;
    if (!m.kernel->cooperative)
    {
        for (unsigned i = 0; i < count; i++)
        {
            m.thread = Index{reversed() ? count - 1 - i : i, 0, 0};
            m.kernel->thread(m.values);
        }

        return;
    }

    if (m.fibers.size() < count)
    {
        // Fibers keep their place in memory while they are in use: grown only between blocks.
        m.fibers.resize(count);
    }

    m.warps.assign((count + 31) / 32, Warp());
    m.arrived = 0;
    m.generation = 0;
    for (unsigned i = 0; i < count; i++)
    {
        m.fibers[i].wait = Wait::nothing;
    }

    unsigned finished = 0;
    while (finished < count && m.error.empty())
    {
        bool moved = false;
        for (unsigned i = 0; i < count && m.error.empty(); i++)
        {
            unsigned index = reversed() ? count - 1 - i : i;
            Fiber& fiber = m.fibers[index];
            bool ready = fiber.wait == Wait::nothing
                || (fiber.wait == Wait::block && fiber.generation != m.generation)
                || (fiber.wait == Wait::warp && fiber.generation != m.warps[index / 32].generation);
            if (!ready)
            {
                continue;
            }

            moved = true;
            fiber.wait = Wait::nothing;
            resume(m, index);
            finished += fiber.wait == Wait::finished;
        }

        if (!moved)
        {
            fail(m, "some threads wait at a barrier or warp exchange that others do not reach");
        }
    }
}

// Runs a grid. Returns an empty string, or what was wrong.
inline std::string launch(const Kernel& kernel, Index grid, Index threads, void** values)
{
    Machine& m = machine();
    m.error.clear();
    m.kernel = &kernel;
    m.values = values;
    m.grid = grid;
    m.threads = threads;
    if (threads.y != 1 || threads.z != 1 || threads.x == 0 || threads.x > kernel.max_threads)
    {
        return kernel.name + ": blocks of " + std::to_string(threads.x) + " threads; 1 to " + std::to_string(kernel.max_threads) + " in one dimension are allowed";
    }

    if (kernel.cooperative && threads.x % 32 != 0)
    {
        return kernel.name + ": " + std::to_string(threads.x) + " threads are not whole warps";
    }

    std::uint64_t blocks = std::uint64_t(grid.x) * grid.y * grid.z;
    for (std::uint64_t i = 0; i < blocks && m.error.empty(); i++)
    {
        std::uint64_t index = reversed() ? blocks - 1 - i : i;
        m.block = Index{unsigned(index % grid.x), unsigned(index / grid.x % grid.y), unsigned(index / grid.x / grid.y)};
        run_block(m);
    }

    if (!m.error.empty())
    {
        drop_fibers(m);
    }

    return m.error;
}
}

// For tests: 1 runs blocks and threads from the last to the first, 0 from the first to the last.
extern "C" __attribute__((visibility("default"), used)) inline void fakecuda_reverse(int reverse)
{
    kernel_host::reversed() = reverse != 0;
}

#define threadIdx (kernel_host::machine().thread)
#define blockIdx (kernel_host::machine().block)
#define gridDim (kernel_host::machine().grid)

static inline void block_barrier()
{
    kernel_host::barrier();
}

static inline void memory_fence()
{
}

static inline unsigned atomic_add(unsigned* target, unsigned value)
{
    unsigned before = *target;
    *target = before + value;
    return before;
}

static inline unsigned shuffle_xor(unsigned value, int lanes)
{
    unsigned lane = kernel_host::machine().current % 32;
    return kernel_host::exchange(value)[(lane ^ unsigned(lanes)) % 32];
}

static inline unsigned ballot(bool predicate)
{
    const std::uint32_t* votes = kernel_host::exchange(predicate);
    unsigned result = 0;
    for (unsigned i = 0; i < 32; i++)
    {
        result |= (votes[i] != 0 ? 1u : 0u) << i;
    }

    return result;
}

#define KERNEL(name, ...)                                                            \
    extern "C" void name(__VA_ARGS__);                                               \
    static const kernel_host::Registration register_##name(#name, false, name);      \
    extern "C" void name(__VA_ARGS__)

#define BLOCK_KERNEL(name, ...)                                                      \
    extern "C" void name(__VA_ARGS__);                                               \
    static const kernel_host::Registration register_##name(#name, true, name);       \
    extern "C" void name(__VA_ARGS__)
