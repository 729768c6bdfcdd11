// The stand-in for cuDNN: engines, plans, and doing a graph's work on the CPU.
#include "cudnn_objects.h"

#include <unistd.h>

namespace cudnn
{
namespace
{
std::vector<std::pair<std::shared_ptr<Program>, int>> serialised;

// The plan's number in a table stands for the code that a real one would hold, so it is good in this process only.
std::string plan_prefix()
{
    return "{\"process\":" + std::to_string((long)getpid()) + ",\"plan\":";
}
}

std::vector<int> engines_for(const Program& program)
{
    if ((program.fused() && fake::setting("cudnn.fused", 1) == 0) || (program.backward && fake::setting("cudnn.backward", 1) == 0)
        || (program.backward && program.fused() && fake::setting("cudnn.fused_backward", 1) == 0) || fake::setting("cudnn.any", 1) == 0)
    {
        return {};
    }

    if (fake::setting("cudnn.transforms_only", 0) != 0)
    {
        return {4, 2, 0, 3};
    }

    return {4, 2, 0, 3, 1};
}

std::vector<int> notes_of(int engine, const Program& program)
{
    switch (engine)
    {
    case 0:
        return program.w.type == FLOAT ? std::vector<int>{0, 1} : std::vector<int>{0};
    case 2:
        return {4};
    case 3:
        return {5};
    default:
        return {};
    }
}

std::int64_t workspace_of(int engine)
{
    return engine == 0 ? 4096 : engine == 3 ? 1 << 20 : 0;
}

int finalize_plan(Descriptor& d)
{
    if (d.values.count(405) != 0)
    {
        const Value& text = d.values.at(405);
        std::string json(text.bytes.begin(), text.bytes.end());
        const std::string begin = plan_prefix();
        if (json.compare(0, begin.size(), begin) != 0)
        {
            return decline(SERIALIZATION, "not a plan of this version, or of another process");
        }

        std::size_t number = std::stoul(json.substr(begin.size()));
        if (number >= serialised.size())
        {
            return decline(SERIALIZATION, "a plan that was never made");
        }

        d.program = serialised[number].first;
        d.engine = serialised[number].second;
        return 0;
    }

    if (d.values.count(401) == 0)
    {
        return fail(NOT_FINALIZED, "a plan without an engine configuration");
    }

    const Descriptor& configuration = *d.values.at(401).at<Descriptor*>();
    d.program = configuration.program;
    d.engine = configuration.engine;
    return d.engine == 4 ? decline(NOT_SUPPORTED, "this engine does not do this graph") : 0;
}

std::string serialise(const Descriptor& plan)
{
    std::size_t number = serialised.size();
    for (std::size_t i = 0; i < serialised.size(); i++)
    {
        number = serialised[i].first == plan.program && serialised[i].second == plan.engine ? i : number;
    }

    if (number == serialised.size())
    {
        serialised.emplace_back(plan.program, plan.engine);
    }

    return plan_prefix() + std::to_string(number) + "}";
}

int run(const Program& program, int engine, const std::map<std::int64_t, void*>& pointers)
{
    bool tf32 = engine == 0 && program.w.type == FLOAT;
    Values x = gather(program.x, pointers.at(program.x.uid), tf32);
    Values w = gather(program.w, pointers.at(program.w.uid), tf32);
    Values y(program.y);
    (program.backward ? backward_data : forward)(x, w, program.pad, y);
    if (program.has_bias)
    {
        const void* bias = pointers.at(program.bias.uid);
        for (std::size_t i = 0; i < y.data.size(); i++)
        {
            y.data[i] += load(bias, (std::int64_t)i % y.c * program.bias.strides[1], program.bias.type);
        }
    }

    if (program.has_relu)
    {
        for (float& value : y.data)
        {
            value = value > 0 ? value : 0;
        }
    }

    if (program.has_mask)
    {
        Values mask = gather(program.mask, pointers.at(program.mask.uid), false);
        for (std::size_t i = 0; i < y.data.size(); i++)
        {
            y.data[i] = mask.data[i] > 0 ? y.data[i] : 0;
        }
    }

    scatter(program.y, y, pointers.at(program.y.uid));
    return 0;
}
}
