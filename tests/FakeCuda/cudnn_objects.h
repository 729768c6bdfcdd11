// What the files of the stand-in for cuDNN share: descriptors, and the graph that they boil down to.
#pragma once
#include "convolution.h"
#include "cudnn_schema.h"
#include "fake.h"

#include <memory>

namespace cudnn
{
enum
{
    BAD_PARAM = 2000,
    NULL_POINTER = 2002,
    MISALIGNED = 2003,
    NOT_FINALIZED = 2004,
    OUT_OF_BOUND = 2005,
    BAD_PARAM_SHAPE = 2009,
    NOT_SUPPORTED = 3000,
    PATTERN_NOT_SUPPORTED = 3001,
    LAYOUT_NOT_SUPPORTED = 3004,
    SERIALIZATION = 1003,
    INTERNAL = 4000,
};

struct Handle
{
    fake::Context* context;
    fake::Stream* stream;
};

struct Value
{
    int type;
    std::vector<unsigned char> bytes;

    template <class T>
    T at(std::size_t index = 0) const
    {
        T value;
        std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
        return value;
    }

    long count() const
    {
        return (long)(bytes.size() / size_of(type));
    }
};

// A graph boiled down to what runs: one convolution and what follows it.
struct Program
{
    bool backward = false;
    std::int64_t pad = 0;
    Tensor x, w, y, bias, mask;
    bool has_bias = false, has_relu = false, has_mask = false;
    Tensor convolution_result;

    bool fused() const
    {
        return has_bias || has_relu || has_mask;
    }

    std::vector<const Tensor*> arguments() const
    {
        std::vector<const Tensor*> all{&x, &w, &y};
        if (has_bias)
        {
            all.push_back(&bias);
        }

        if (has_mask)
        {
            all.push_back(&mask);
        }

        return all;
    }
};

struct Descriptor
{
    int type;
    bool finalized = false;
    std::map<int, Value> values;
    // Of graphs, engines, their configurations and plans.
    std::shared_ptr<Program> program;
    int engine = -1;
};

extern std::set<Descriptor*> descriptors;
extern std::set<Handle*> handles;
extern std::string last_error;

// Notes a violation and gives the code back.
int fail(int code, const std::string& why);

// Refused, but no mistake of the caller's: another engine or graph may do.
int decline(int code, const std::string& why);

bool alive(Descriptor* descriptor);

// Checks what a descriptor holds, and boils a graph down; declines what the stand-in does not do, refuses what is malformed.
int finalize_tensor(const Descriptor& d);
int finalize_convolution(const Descriptor& d);
int finalize_operation(const Descriptor& d);
int finalize_graph(Descriptor& d);
int finalize_plan(Descriptor& d);

// Engines: 0 on tensor cores (TF32 for float), 1 plain, 2 nondeterministic, 3 Winograd, 4 one that never works.
std::vector<int> engines_for(const Program& program);

// The numerical notes that an engine has for a graph.
std::vector<int> notes_of(int engine, const Program& program);

std::int64_t workspace_of(int engine);

// A plan as text, good in this process only; the same plan gets the same text.
std::string serialise(const Descriptor& plan);

// Does a graph's work.
int run(const Program& program, int engine, const std::map<std::int64_t, void*>& pointers);
}
