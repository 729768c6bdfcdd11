// The stand-in for cuDNN: its backend API, strict about descriptors, doing the graphs that VggCuda builds on the CPU.
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

namespace
{
std::set<Descriptor*> descriptors;
std::set<Handle*> handles;
std::vector<std::pair<std::shared_ptr<Program>, int>> serialised;
std::string last_error;

int fail(int code, const std::string& why)
{
    last_error = why;
    fake::violation("cuDNN: " + why);
    return code;
}

// Refused, but no mistake of the caller's: another engine or graph may do.
int decline(int code, const std::string& why)
{
    last_error = why;
    return code;
}

bool alive(Descriptor* descriptor)
{
    return descriptors.count(descriptor) != 0;
}

Tensor tensor_of(const Descriptor& owner, int attribute)
{
    const Descriptor& source = *owner.values.at(attribute).at<Descriptor*>();
    Tensor tensor;
    tensor.alignment = source.values.at(900).at<std::int64_t>();
    tensor.type = source.values.at(901).at<int>();
    tensor.uid = source.values.at(906).at<std::int64_t>();
    tensor.is_virtual = source.values.count(907) != 0 && source.values.at(907).at<char>() != 0;
    for (int i = 0; i < 4; i++)
    {
        tensor.dimensions[i] = source.values.at(902).at<std::int64_t>((std::size_t)i);
        tensor.strides[i] = source.values.at(903).at<std::int64_t>((std::size_t)i);
    }

    return tensor;
}

bool same_shape(const Tensor& a, const Tensor& b)
{
    return std::memcmp(a.dimensions, b.dimensions, sizeof(a.dimensions)) == 0;
}

int finalize_tensor(const Descriptor& d)
{
    if (d.values.at(902).count() != 4 || d.values.at(903).count() != 4)
    {
        return fail(BAD_PARAM, "a tensor without 4 dimensions and 4 strides");
    }

    std::int64_t alignment = d.values.at(900).at<std::int64_t>();
    int type = d.values.at(901).at<int>();
    if (alignment < 1 || alignment % (type == FLOAT ? 4 : 2) != 0 || (type != FLOAT && type != HALF && type != BFLOAT16))
    {
        return fail(BAD_PARAM, "a tensor of an unknown type, or aligned to less than an element");
    }

    for (std::size_t i = 0; i < 4; i++)
    {
        if (d.values.at(902).at<std::int64_t>(i) < 1 || d.values.at(903).at<std::int64_t>(i) < 1)
        {
            return fail(BAD_PARAM, "a tensor with a dimension or stride below 1");
        }
    }

    return 0;
}

int finalize_convolution(const Descriptor& d)
{
    std::int64_t spatial = d.values.at(106).at<std::int64_t>();
    for (int attribute : {102, 103, 104, 105})
    {
        if (d.values.at(attribute).count() != spatial)
        {
            return fail(BAD_PARAM, "a convolution whose lists do not have as many values as spatial dimensions");
        }
    }

    return d.values.at(100).at<int>() == FLOAT ? 0 : decline(NOT_SUPPORTED, "accumulation in another type than float");
}

int finalize_operation(const Descriptor& d)
{
    if (d.type == OPERATION_POINTWISE)
    {
        int mode = d.values.at(750).at<Descriptor*>()->values.at(0).at<int>();
        bool has_b = d.values.count(752), has_y = d.values.count(753), has_dx = d.values.count(756), has_dy = d.values.count(757);
        bool fits = mode == 0 ? has_b && has_y && !has_dx && !has_dy
            : mode == 100     ? !has_b && has_y && !has_dx && !has_dy
            : mode == 200     ? !has_b && !has_y && has_dx && has_dy
                              : false;
        return fits ? 0 : fail(BAD_PARAM, "a pointwise operation with tensors that its mode does not take, or without one that it takes");
    }

    bool forward = d.type == OPERATION_CONVOLUTION_FORWARD;
    Tensor x = tensor_of(d, forward ? 704 : 710), w = tensor_of(d, forward ? 703 : 709), y = tensor_of(d, forward ? 705 : 711);
    if (d.values.at(forward ? 700 : 706).at<float>() != 1 || d.values.at(forward ? 701 : 707).at<float>() != 0)
    {
        return decline(NOT_SUPPORTED, "alpha and beta other than 1 and 0");
    }

    bool fits = x.dimensions[0] == y.dimensions[0] && x.dimensions[1] == w.dimensions[1] && y.dimensions[1] == w.dimensions[0] && x.dimensions[2] == y.dimensions[2]
        && x.dimensions[3] == y.dimensions[3] && w.dimensions[2] == 3 && w.dimensions[3] == 3;
    return fits ? 0 : fail(BAD_PARAM_SHAPE, "a convolution whose shapes do not fit");
}

// Boils a graph down; declines what the stand-in does not do, refuses what is malformed.
int finalize_graph(Descriptor& d)
{
    auto program = std::make_shared<Program>();
    const Value& list = d.values.at(801);
    std::int64_t running = -1;
    std::set<std::int64_t> uids;
    for (long i = 0; i < list.count(); i++)
    {
        const Descriptor& operation = *list.at<Descriptor*>((std::size_t)i);
        Tensor result;
        if (operation.type == OPERATION_CONVOLUTION_FORWARD || operation.type == OPERATION_CONVOLUTION_BACKWARD_DATA)
        {
            if (i != 0)
            {
                return decline(PATTERN_NOT_SUPPORTED, "a convolution that is not the first operation");
            }

            program->backward = operation.type == OPERATION_CONVOLUTION_BACKWARD_DATA;
            const Descriptor& convolution = *operation.values.at(program->backward ? 708 : 702).at<Descriptor*>();
            program->pad = convolution.values.at(105).at<std::int64_t>();
            if (convolution.values.at(101).at<int>() != 1 || convolution.values.at(102).at<std::int64_t>() != 1 || convolution.values.at(103).at<std::int64_t>() != 1 || program->pad != 1)
            {
                return decline(NOT_SUPPORTED, "another convolution than 3x3 cross-correlation, stride 1, padding 1");
            }

            program->x = tensor_of(operation, program->backward ? 711 : 704);
            program->w = tensor_of(operation, program->backward ? 709 : 703);
            result = tensor_of(operation, program->backward ? 710 : 705);
            program->convolution_result = result;
        }
        else if (operation.type == OPERATION_POINTWISE)
        {
            int mode = operation.values.at(750).at<Descriptor*>()->values.at(0).at<int>();
            Tensor source = tensor_of(operation, mode == 200 ? 757 : 751);
            result = tensor_of(operation, mode == 200 ? 756 : 753);
            if (i == 0 || source.uid != running)
            {
                return decline(PATTERN_NOT_SUPPORTED, "a pointwise operation that does not continue the operation before it");
            }

            if (mode == 0)
            {
                program->bias = tensor_of(operation, 752);
                program->has_bias = true;
                if (program->bias.count() != source.dimensions[1] || program->bias.dimensions[1] != source.dimensions[1])
                {
                    return fail(BAD_PARAM_SHAPE, "a bias that is not (1, K, 1, 1)");
                }

                if (program->bias.type == FLOAT && program->w.type != FLOAT && fake::setting("cudnn.float_bias", 1) == 0)
                {
                    return decline(NOT_SUPPORTED, "a float bias behind a convolution in half precision");
                }
            }
            else if (mode == 200)
            {
                program->mask = tensor_of(operation, 751);
                program->has_mask = true;
                if (!same_shape(program->mask, result))
                {
                    return fail(BAD_PARAM_SHAPE, "a ReLU mask of another shape");
                }
            }
            else
            {
                program->has_relu = true;
            }

            if (!same_shape(source, result))
            {
                return fail(BAD_PARAM_SHAPE, "a pointwise operation that changes the shape");
            }
        }
        else
        {
            return fail(BAD_PARAM, "something in a graph that is no operation");
        }

        bool last = i == list.count() - 1;
        if (result.is_virtual == last)
        {
            return fail(BAD_PARAM, last ? "a graph whose result is virtual" : "an intermediate tensor that is not virtual");
        }

        running = result.uid;
        program->y = result;
    }

    if (program->convolution_result.is_virtual && program->convolution_result.type != FLOAT)
    {
        return decline(NOT_SUPPORTED, "an intermediate tensor that is not float");
    }

    for (const Tensor* tensor : program->arguments())
    {
        if (!uids.insert(tensor->uid).second)
        {
            return fail(BAD_PARAM, "two tensors of a graph with one identifier");
        }

        if (tensor->strides[1] != 1)
        {
            return decline(LAYOUT_NOT_SUPPORTED, "a layout other than channels last");
        }
    }

    if (program->x.type != program->w.type || program->y.type != program->x.type)
    {
        return decline(NOT_SUPPORTED, "mixed types");
    }

    if (program->x.type != FLOAT && (program->x.dimensions[1] % 8 != 0 || program->w.dimensions[0] % 8 != 0))
    {
        return decline(NOT_SUPPORTED, "half precision with channels that are not a multiple of 8");
    }

    d.program = program;
    return 0;
}

// Engines: 0 on tensor cores (TF32 for float), 1 plain, 2 nondeterministic, 3 Winograd, 4 one that never works.
std::vector<int> engines_for(const Program& program)
{
    if ((program.fused() && fake::setting("cudnn.fused", 1) == 0) || (program.backward && fake::setting("cudnn.backward", 1) == 0)
        || (program.backward && program.fused() && fake::setting("cudnn.fused_backward", 1) == 0) || fake::setting("cudnn.any", 1) == 0)
    {
        return {};
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
        const std::string begin = "{\"stand-in plan\":";
        if (json.compare(0, begin.size(), begin) != 0)
        {
            return decline(SERIALIZATION, "not a plan of this version");
        }

        // The plan's number in a table stands for the code that a real one would hold.
        std::size_t number = std::stoul(json.substr(begin.size()));
        if (number >= serialised.size())
        {
            return decline(SERIALIZATION, "a plan of another process");
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
}

namespace
{
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
}

using namespace cudnn;

#define ENTER(name)                               \
    LOCK;                                         \
    if (int code_ = fake::enter(name, INTERNAL))  \
    return decline(code_, "a failure made by the test")

EXPORT std::size_t cudnnGetVersion()
{
    return 91900;
}

EXPORT const char* cudnnGetErrorString(int status)
{
    return status == 0 ? "CUDNN_STATUS_SUCCESS"
        : status / 1000 == 1 ? "CUDNN_STATUS_NOT_INITIALIZED"
        : status / 1000 == 2 ? "CUDNN_STATUS_BAD_PARAM"
        : status / 1000 == 3 ? "CUDNN_STATUS_NOT_SUPPORTED"
        : status / 1000 == 4 ? "CUDNN_STATUS_INTERNAL_ERROR"
                             : "CUDNN_STATUS_EXECUTION_FAILED";
}

EXPORT void cudnnGetLastErrorString(char* message, std::size_t size)
{
    LOCK;
    std::strncpy(message, last_error.c_str(), size - 1);
    message[size - 1] = 0;
}

EXPORT int cudnnCreate(Handle** handle)
{
    ENTER("cudnnCreate");
    if (fake::current() == nullptr || fake::refuse_while_capturing("cudnnCreate"))
    {
        return fail(BAD_PARAM, "cudnnCreate without a context, or while capturing");
    }

    *handle = new Handle{fake::current(), nullptr};
    handles.insert(*handle);
    fake::object_created("cuDNN handles", *handle);
    return 0;
}

EXPORT int cudnnDestroy(Handle* handle)
{
    LOCK;
    if (handles.erase(handle) == 0)
    {
        return fail(BAD_PARAM, "cudnnDestroy of no handle");
    }

    fake::object_destroyed("cuDNN handles", handle);
    delete handle;
    return 0;
}

EXPORT int cudnnSetStream(Handle* handle, void* stream)
{
    ENTER("cudnnSetStream");
    fake::Stream* found = fake::find_stream(stream);
    if (handles.count(handle) == 0 || found == nullptr || found->context != handle->context)
    {
        return fail(BAD_PARAM, "cudnnSetStream with a dead handle or another context's stream");
    }

    handle->stream = found;
    return 0;
}

EXPORT int cudnnBackendCreateDescriptor(int type, Descriptor** descriptor)
{
    ENTER("cudnnBackendCreateDescriptor");
    if (schema().count(type) == 0)
    {
        return fail(BAD_PARAM, "an unknown type of descriptor");
    }

    *descriptor = new Descriptor{};
    (*descriptor)->type = type;
    descriptors.insert(*descriptor);
    fake::object_created("cuDNN descriptors", *descriptor);
    return 0;
}

EXPORT int cudnnBackendDestroyDescriptor(Descriptor* descriptor)
{
    LOCK;
    if (descriptors.erase(descriptor) == 0)
    {
        return fail(BAD_PARAM, "a descriptor destroyed twice, or none");
    }

    fake::object_destroyed("cuDNN descriptors", descriptor);
    delete descriptor;
    return 0;
}

EXPORT int cudnnBackendSetAttribute(Descriptor* descriptor, int name, int type, std::int64_t count, const void* values)
{
    ENTER("cudnnBackendSetAttribute");
    if (!alive(descriptor) || values == nullptr)
    {
        return fail(NULL_POINTER, "an attribute of a dead descriptor, or without values");
    }

    if (descriptor->finalized)
    {
        return fail(BAD_PARAM, "attribute " + std::to_string(name) + " set after finalising");
    }

    const auto& rules = schema().at(descriptor->type);
    auto rule = rules.find(name);
    if (rule == rules.end())
    {
        return fail(BAD_PARAM, "a descriptor of type " + std::to_string(descriptor->type) + " has no attribute " + std::to_string(name));
    }

    if (rule->second.type != type || count < rule->second.least || count > rule->second.most)
    {
        return fail(BAD_PARAM, "attribute " + std::to_string(name) + " with a wrong type or number of values");
    }

    const unsigned char* bytes = static_cast<const unsigned char*>(values);
    Value value{type, std::vector<unsigned char>(bytes, bytes + (std::size_t)count * size_of(type))};
    for (long i = 0; i < count && (type == T_DESCRIPTOR || type == T_HANDLE); i++)
    {
        if (type == T_HANDLE)
        {
            if (handles.count(value.at<Handle*>()) == 0)
            {
                return fail(BAD_PARAM, "a dead cuDNN handle");
            }

            continue;
        }

        Descriptor* child = value.at<Descriptor*>((std::size_t)i);
        if (!alive(child) || !child->finalized)
        {
            return fail(NOT_FINALIZED, "attribute " + std::to_string(name) + ": a descriptor that is dead or not finalised");
        }

        if (rule->second.descriptor >= 0 && child->type != rule->second.descriptor)
        {
            return fail(BAD_PARAM, "attribute " + std::to_string(name) + ": a descriptor of the wrong type");
        }
    }

    descriptor->values[name] = value;
    return 0;
}

EXPORT int cudnnBackendFinalize(Descriptor* descriptor)
{
    ENTER("cudnnBackendFinalize");
    if (!alive(descriptor) || descriptor->finalized)
    {
        return fail(BAD_PARAM, "finalised twice, or no descriptor");
    }

    for (const auto& rule : schema().at(descriptor->type))
    {
        if (rule.second.required && descriptor->values.count(rule.first) == 0)
        {
            return fail(NOT_FINALIZED, "a descriptor of type " + std::to_string(descriptor->type) + " without its attribute " + std::to_string(rule.first));
        }
    }

    int code = 0;
    switch (descriptor->type)
    {
    case TENSOR:
        code = finalize_tensor(*descriptor);
        break;
    case CONVOLUTION:
        code = finalize_convolution(*descriptor);
        break;
    case OPERATION_CONVOLUTION_FORWARD:
    case OPERATION_CONVOLUTION_BACKWARD_DATA:
    case OPERATION_POINTWISE:
        code = finalize_operation(*descriptor);
        break;
    case OPERATION_GRAPH:
        code = finalize_graph(*descriptor);
        break;
    case EXECUTION_PLAN:
        code = fake::refuse_while_capturing("finalising a plan") ? fail(BAD_PARAM, "a plan while capturing") : finalize_plan(*descriptor);
        break;
    case VARIANT_PACK:
        code = descriptor->values.at(1000).count() == descriptor->values.at(1001).count() ? 0 : fail(BAD_PARAM, "a variant pack with more identifiers than pointers, or fewer");
        break;
    case ENGINE:
    case ENGINE_CONFIG:
        code = fail(BAD_PARAM, "an engine of the caller's own");
        break;
    default:
        break;
    }

    descriptor->finalized = code == 0;
    return code;
}

namespace
{
int give(const void* data, std::int64_t have, std::size_t size, std::int64_t requested, std::int64_t* count, void* values)
{
    std::int64_t given = std::min(have, requested);
    if (values != nullptr && given > 0)
    {
        std::memcpy(values, data, (std::size_t)given * size);
    }

    if (count != nullptr)
    {
        *count = requested == 0 ? have : given;
    }

    return 0;
}

int give_engines(const Descriptor& heuristics, std::int64_t requested, std::int64_t* count, Descriptor** results)
{
    const Descriptor& graph = *heuristics.values.at(201).at<Descriptor*>();
    // Heuristics see single operations; the fallback list has the plain engine alone.
    std::vector<int> engines = engines_for(*graph.program);
    if (heuristics.values.at(200).at<int>() == 2 && !engines.empty())
    {
        engines = {1};
    }

    std::int64_t given = std::min<std::int64_t>(requested, (std::int64_t)engines.size());
    for (std::int64_t i = 0; i < given; i++)
    {
        if (!alive(results[i]) || results[i]->type != ENGINE_CONFIG || results[i]->finalized)
        {
            return fail(BAD_PARAM, "a heuristics result that is no fresh engine configuration");
        }

        results[i]->program = graph.program;
        results[i]->engine = engines[(std::size_t)i];
        results[i]->finalized = true;
    }

    *count = requested == 0 ? (std::int64_t)engines.size() : given;
    return 0;
}
}

EXPORT int cudnnBackendGetAttribute(Descriptor* descriptor, int name, int type, std::int64_t requested, std::int64_t* count, void* values)
{
    ENTER("cudnnBackendGetAttribute");
    if (!alive(descriptor) || !descriptor->finalized)
    {
        return fail(NOT_FINALIZED, "an attribute asked of a descriptor that is dead or not finalised");
    }

    if (descriptor->type == ENGINE_HEURISTICS && name == 202 && type == T_DESCRIPTOR)
    {
        return give_engines(*descriptor, requested, count, static_cast<Descriptor**>(values));
    }

    if (descriptor->type == ENGINE_CONFIG && name == 300 && type == T_DESCRIPTOR && requested == 1)
    {
        Descriptor* engine = *static_cast<Descriptor**>(values);
        if (!alive(engine) || engine->type != ENGINE || engine->finalized)
        {
            return fail(BAD_PARAM, "an engine to be filled that is no fresh engine");
        }

        engine->program = descriptor->program;
        engine->engine = descriptor->engine;
        engine->finalized = true;
        *count = 1;
        return 0;
    }

    if (descriptor->type == ENGINE && name == 1303 && type == T_NUMERICAL_NOTE)
    {
        std::vector<int> notes = notes_of(descriptor->engine, *descriptor->program);
        return give(notes.data(), (std::int64_t)notes.size(), 4, requested, count, values);
    }

    if (descriptor->type == ENGINE && name == 1305 && type == T_BEHAVIOR_NOTE)
    {
        int compiles = 0;
        return give(&compiles, descriptor->program->fused() ? 1 : 0, 4, requested, count, values);
    }

    if (descriptor->type == ENGINE && name == 1301 && type == T_INT64)
    {
        std::int64_t index = descriptor->engine;
        return give(&index, 1, 8, requested, count, values);
    }

    if (descriptor->type == EXECUTION_PLAN && name == 402 && type == T_INT64)
    {
        std::int64_t bytes = workspace_of(descriptor->engine);
        return give(&bytes, 1, 8, requested, count, values);
    }

    if (descriptor->type == EXECUTION_PLAN && name == 405 && type == T_CHAR)
    {
        // Asked twice, for the length and for the text: the same plan gets the same number.
        std::size_t number = serialised.size();
        for (std::size_t i = 0; i < serialised.size(); i++)
        {
            number = serialised[i].first == descriptor->program && serialised[i].second == descriptor->engine ? i : number;
        }

        if (number == serialised.size())
        {
            serialised.emplace_back(descriptor->program, descriptor->engine);
        }

        std::string json = "{\"stand-in plan\":" + std::to_string(number) + "}";
        return give(json.data(), (std::int64_t)json.size(), 1, requested, count, values);
    }

    return fail(BAD_PARAM, "attribute " + std::to_string(name) + " asked of a descriptor of type " + std::to_string(descriptor->type) + ", or with a wrong type");
}

EXPORT int cudnnBackendExecute(Handle* handle, Descriptor* plan, Descriptor* pack)
{
    ENTER("cudnnBackendExecute");
    if (handles.count(handle) == 0 || handle->stream == nullptr || handle->context != fake::current())
    {
        return fail(BAD_PARAM, "executed with a dead handle, one without a stream, or without its context");
    }

    if (!alive(plan) || !plan->finalized || plan->type != EXECUTION_PLAN || !alive(pack) || !pack->finalized || pack->type != VARIANT_PACK)
    {
        return fail(NOT_FINALIZED, "executed with a plan or variant pack that is none, or not finalised");
    }

    std::shared_ptr<Program> program = plan->program;
    std::map<std::int64_t, void*> pointers;
    for (long i = 0; i < pack->values.at(1000).count(); i++)
    {
        pointers[pack->values.at(1000).at<std::int64_t>((std::size_t)i)] = pack->values.at(1001).at<void*>((std::size_t)i);
    }

    std::vector<const Tensor*> arguments = program->arguments();
    if (pointers.size() != arguments.size())
    {
        return fail(BAD_PARAM, "a variant pack with pointers for other tensors than the graph's");
    }

    for (const Tensor* tensor : arguments)
    {
        auto found = pointers.find(tensor->uid);
        if (found == pointers.end() || found->second == nullptr)
        {
            return fail(NULL_POINTER, "a tensor of the graph without a pointer");
        }

        if ((std::uint64_t)found->second % (std::uint64_t)tensor->alignment != 0)
        {
            return fail(MISALIGNED, "a pointer that is not aligned as its tensor says");
        }

        if (fake::find_memory((std::uint64_t)found->second, tensor->bytes(), handle->context) == nullptr)
        {
            return fail(OUT_OF_BOUND, "a tensor that does not lie inside one allocation of this device");
        }
    }

    std::int64_t workspace = workspace_of(plan->engine);
    void* scratch = pack->values.at(1003).at<void*>();
    if (workspace > 0 && fake::find_memory((std::uint64_t)scratch, (std::size_t)workspace, handle->context) == nullptr)
    {
        return fail(NULL_POINTER, "a workspace that is missing or too small");
    }

    int engine = plan->engine;
    return fake::submit(handle->stream, "cuDNN engine " + std::to_string(engine), [=] {
        if (workspace > 0)
        {
            // Whatever else lies in the workspace is lost, as with a real engine.
            std::memset(scratch, 0xFF, (std::size_t)workspace);
        }

        return run(*program, engine, pointers);
    });
}
