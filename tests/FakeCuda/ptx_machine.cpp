// The machine that runs translated PTX: modules by the hash of their text, launches, blocks, fibers, and where threads meet.
#include "driver.h"
#include "ptx_run.h"

#include <csetjmp>
#include <memory>
#include <ucontext.h>

namespace ptx
{
Thread self;

void add_variable(const Variable& variable);

namespace
{
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
    // Where it waits, and with what in an exchange.
    const Site* site = nullptr;
    Exchange kind;
    std::uint32_t mask, a, b, c;
    Exchanged result;
};

constexpr std::size_t stack_bytes = 64 * 1024;

const Kernel* kernel = nullptr;
Outcome outcome;
bool reversed = false;

// Fibers keep their place in memory while they are in use: grown only between blocks.
std::vector<Fiber> fibers;
unsigned arrived = 0;
unsigned finished = 0;
std::jmp_buf scheduler;

std::map<std::uint64_t, const Module*>& modules()
{
    static std::map<std::uint64_t, const Module*> all;
    return all;
}

std::string place(const Site& site)
{
    return std::string(site.file) + ":" + std::to_string(site.line);
}

// Leaves the fiber for the scheduler; comes back when it is resumed.
__attribute__((noinline)) void leave()
{
    if (_setjmp(fibers[self.current].state) == 0)
    {
        _longjmp(scheduler, 1);
    }
}

// A thread from its first instruction to its end or its fault.
void run_thread()
{
    try
    {
        kernel->thread();
    }
    catch (const Stop&)
    {
    }
}

void fiber_main()
{
    for (;;)
    {
        run_thread();
        fibers[self.current].wait = Wait::finished;
        leave();
    }
}

__attribute__((noinline)) void resume(unsigned index)
{
    self.current = index;
    self.thread = Index{index, 0, 0};
    Fiber& fiber = fibers[index];
    if (_setjmp(scheduler) != 0)
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

// The barrier opens when all threads that still run are there: as from compute capability 7.0 on, those that have ended do
// not count. The instruction is an aligned one: threads of one warp must have come by the same.
bool open_barrier()
{
    if (arrived == 0 || arrived + finished < self.threads.x)
    {
        return false;
    }

    const Site* site = nullptr;
    for (unsigned i = 0; i < self.threads.x; i++)
    {
        Fiber& fiber = fibers[i];
        site = i % 32 == 0 ? nullptr : site;
        if (fiber.wait != Wait::block)
        {
            continue;
        }

        if (site != nullptr && site != fiber.site)
        {
            fault(*fiber.site, fake::driver::LAUNCH_FAILED, "finds threads of one warp at different barriers, some here, some at " + place(*site));
        }

        site = fiber.site;
        fiber.wait = Wait::nothing;
    }

    arrived = 0;
    next_stretch();
    return true;
}

// What each lane of an exchange gets.
Exchanged result_for(unsigned warp, unsigned lane)
{
    const Fiber& own = fibers[warp * 32 + lane];
    std::uint32_t votes = 0;
    for (unsigned i = 0; i < 32; i++)
    {
        votes |= (own.mask >> i & 1) != 0 && fibers[warp * 32 + i].a != 0 ? 1u << i : 0;
    }

    // c holds the clamp in its low bits and, above, which bits of the lane's number stay.
    std::uint32_t clamp = own.c & 31;
    std::uint32_t segment = own.c >> 8 & 31;
    std::uint32_t last = (lane & segment) | (clamp & ~segment);
    std::uint32_t b = own.b & 31;
    unsigned from = lane;
    bool inside = true;
    switch (own.kind)
    {
    case Exchange::up:
        from = lane - b;
        inside = (int)from >= (int)last;
        break;
    case Exchange::down:
        from = lane + b;
        inside = from <= last;
        break;
    case Exchange::butterfly:
        from = lane ^ b;
        inside = from <= last;
        break;
    case Exchange::index:
        from = (lane & segment) | (b & ~segment);
        inside = from <= last;
        break;
    case Exchange::ballot:
        return {votes, false};
    case Exchange::all:
        return {0, votes == own.mask};
    case Exchange::any:
        return {0, votes != 0};
    case Exchange::uniform:
        return {0, votes == own.mask || votes == 0};
    }

    from = inside ? from : lane;
    if ((own.mask >> from & 1) == 0)
    {
        fault(*own.site, fake::driver::LAUNCH_FAILED, "completes an exchange in which lane " + std::to_string(lane) + " takes its value from lane " + std::to_string(from) + ", which takes no part");
    }

    return {fibers[warp * 32 + from].a, inside};
}

bool complete_exchange(unsigned index)
{
    const Fiber& own = fibers[index];
    unsigned warp = index / 32;
    for (unsigned lane = 0; lane < 32; lane++)
    {
        const Fiber& other = fibers[warp * 32 + lane];
        if ((own.mask >> lane & 1) != 0 && (other.wait != Wait::warp || other.site != own.site || other.mask != own.mask))
        {
            return false;
        }
    }

    for (unsigned lane = 0; lane < 32; lane++)
    {
        if ((own.mask >> lane & 1) != 0)
        {
            fibers[warp * 32 + lane].result = result_for(warp, lane);
        }
    }

    for (unsigned lane = 0; lane < 32; lane++)
    {
        Fiber& other = fibers[warp * 32 + lane];
        other.wait = (own.mask >> lane & 1) != 0 ? Wait::nothing : other.wait;
    }

    return true;
}

void report_waiting()
{
    for (unsigned i = 0; i < self.threads.x; i++)
    {
        if (fibers[i].wait == Wait::block || fibers[i].wait == Wait::warp)
        {
            const char* what = fibers[i].wait == Wait::block ? "barrier" : "warp exchange";
            outcome = {fake::driver::LAUNCH_FAILED, std::string(kernel->name) + ": " + place(*fibers[i].site) + ": some threads, thread " + std::to_string(i) + " first, wait at a " + what + " that others do not reach"};
            return;
        }
    }
}

void run_block()
{
    unsigned count = self.threads.x;
    next_stretch();
    begin_shared();
    if (!kernel->cooperative)
    {
        for (unsigned i = 0; i < count && outcome.code == 0; i++)
        {
            self.current = reversed ? count - 1 - i : i;
            self.thread = Index{self.current, 0, 0};
            run_thread();
        }

        return;
    }

    if (fibers.size() < count)
    {
        fibers.resize(count);
    }

    arrived = 0;
    finished = 0;
    for (unsigned i = 0; i < count; i++)
    {
        fibers[i].wait = Wait::nothing;
    }

    while (finished < count && outcome.code == 0)
    {
        bool moved = false;
        for (unsigned i = 0; i < count && outcome.code == 0; i++)
        {
            unsigned index = reversed ? count - 1 - i : i;
            if (fibers[index].wait == Wait::nothing)
            {
                moved = true;
                resume(index);
                finished += fibers[index].wait == Wait::finished;
            }
        }

        if (!moved)
        {
            // Where the last threads have just ended, those at the barrier go on.
            try
            {
                if (!open_barrier())
                {
                    report_waiting();
                }
            }
            catch (const Stop&)
            {
            }
        }
    }
}
}

const Module* find(const std::string& text)
{
    // FNV-1a, as the translator has it.
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (unsigned char c : text)
    {
        hash = (hash ^ c) * 0x100000001b3u;
    }

    auto found = modules().find(hash);
    return found == modules().end() ? nullptr : found->second;
}

Registration::Registration(const Module* module)
{
    modules()[module->hash] = module;
    for (unsigned i = 0; i < module->variable_count; i++)
    {
        add_variable(module->variables[i]);
    }
}

const Kernel& running()
{
    return *kernel;
}

void fault(const Site& site, int code, const std::string& what)
{
    if (outcome.code == 0)
    {
        outcome = {code, std::string(kernel->name) + ": " + place(site) + ": thread " + std::to_string(self.current) + " of block " + std::to_string(self.block.x) + "," + std::to_string(self.block.y) + "," + std::to_string(self.block.z) + " " + what};
    }

    throw Stop();
}

void trap(const Site& site)
{
    fault(site, fake::driver::LAUNCH_FAILED, "runs into a trap");
}

void barrier(const Site& site)
{
    Fiber& fiber = fibers[self.current];
    fiber.wait = Wait::block;
    fiber.site = &site;
    arrived++;
    if (!open_barrier())
    {
        leave();
    }
}

Exchanged exchange(const Site& site, Exchange kind, std::uint32_t mask, std::uint32_t a, std::uint32_t b, std::uint32_t c)
{
    if ((mask >> self.current % 32 & 1) == 0)
    {
        fault(site, fake::driver::LAUNCH_FAILED, "takes part in a warp exchange whose mask leaves it out");
    }

    Fiber& fiber = fibers[self.current];
    fiber.wait = Wait::warp;
    fiber.site = &site;
    fiber.kind = kind;
    fiber.mask = mask;
    fiber.a = a;
    fiber.b = b;
    fiber.c = c;
    if (!complete_exchange(self.current))
    {
        leave();
    }

    return fiber.result;
}

Outcome launch(const Kernel& launched, Index grid, Index threads, void** parameters, const fake::Context* context)
{
    kernel = &launched;
    outcome = {0, ""};
    self.grid = grid;
    self.threads = threads;
    self.parameters = parameters;
    if (threads.y != 1 || threads.z != 1 || (launched.cooperative && threads.x % 32 != 0))
    {
        return {fake::driver::LAUNCH_FAILED, std::string(launched.name) + ": blocks of " + std::to_string(threads.x) + "x" + std::to_string(threads.y) + "x" + std::to_string(threads.z) + " threads; the stand-in takes whole warps in one dimension"};
    }

    begin_memory(context);
    std::uint64_t blocks = std::uint64_t(grid.x) * grid.y * grid.z;
    for (std::uint64_t i = 0; i < blocks && outcome.code == 0; i++)
    {
        std::uint64_t index = reversed ? blocks - 1 - i : i;
        self.block = Index{unsigned(index % grid.x), unsigned(index / grid.x % grid.y), unsigned(index / grid.x / grid.y)};
        run_block();
    }

    if (outcome.code != 0)
    {
        // A fiber stopped in the middle of a failed kernel is of no more use.
        fibers.clear();
    }

    return outcome;
}
}

// For tests: 1 runs blocks and threads from the last to the first, 0 from the first to the last.
EXPORT void fakecuda_reverse(int reverse)
{
    LOCK;
    ptx::reversed = reverse != 0;
}
