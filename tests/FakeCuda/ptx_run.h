// What the driver's part of the stand-in needs of the machine that runs PTX: finding a module, and launching.
#pragma once
#include "fake.h"
#include "ptx_machine.h"

namespace ptx
{
// The translation of exactly this text, or null.
const Module* find(const std::string& text);

struct Outcome
{
    // 0 or a CUresult, and then what was wrong.
    int code;
    std::string why;
};

Outcome launch(const Kernel& kernel, Index grid, Index threads, void** parameters, const fake::Context* context);

// Between the files of the machine.
struct Stop
{
};

// Ends the running thread; the first fault of a launch is the one that is told.
[[noreturn]] void fault(const Site& site, int code, const std::string& what);

const Kernel& running();

// Begins a stretch without barriers, to which accesses until the next belong.
void next_stretch();

// Before a launch: which memory is to be seen.
void begin_memory(const fake::Context* context);

// Fills a block's variables with what shows when it is read before it is written.
void begin_shared();
}
