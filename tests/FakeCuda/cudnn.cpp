// The stand-in for cuDNN: its backend API, strict about descriptors, doing the graphs that VggCuda builds on the CPU.
#include "cudnn_objects.h"

namespace cudnn
{
std::set<Descriptor*> descriptors;
std::set<Handle*> handles;
std::string last_error;

int fail(int code, const std::string& why)
{
    last_error = why;
    fake::violation("cuDNN: " + why);
    return code;
}

int decline(int code, const std::string& why)
{
    last_error = why;
    return code;
}

bool alive(Descriptor* descriptor)
{
    return descriptors.count(descriptor) != 0;
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
        engines = {engines.back()};
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
        // Asked twice, for the length and for the text.
        std::string json = serialise(*descriptor);
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
