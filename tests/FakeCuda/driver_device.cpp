// The stand-in for libcuda: its version, errors, devices and contexts.
#include "driver.h"

using namespace fake;
using namespace fake::driver;

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
        {700, "CUDA_ERROR_ILLEGAL_ADDRESS"}, {716, "CUDA_ERROR_MISALIGNED_ADDRESS"}, {719, "CUDA_ERROR_LAUNCH_FAILED"}, {900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"},
        {901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"}, {999, "CUDA_ERROR_UNKNOWN"}};
    auto found = names.find(code);
    *name = found == names.end() ? nullptr : found->second;
    return found == names.end() ? INVALID_VALUE : 0;
}

EXPORT int cuGetErrorString(int code, const char** text)
{
    LOCK;
    int result = cuGetErrorName(code, text);
    // Of a kernel that failed the reason is known here; a real library does not say it.
    static std::string words;
    words = "as the stand-in library says";
    words += code >= ILLEGAL_ADDRESS && code <= LAUNCH_FAILED && !last_violation().empty() ? ": " + last_violation() : "";
    *text = result == 0 ? words.c_str() : nullptr;
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

    if (process_sticky != 0 && setting("fatal_for_process", 0) != 0)
    {
        return process_sticky;
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
