// The stand-in for libcuda: allocations, copies, filling.
#include "driver.h"

using namespace fake;
using namespace fake::driver;

EXPORT int cuMemAlloc_v2(std::uint64_t* pointer, std::size_t bytes)
{
    READY("cuMemAlloc_v2");
    REFUSE_CAPTURE("cuMemAlloc_v2");
    if (bytes == 0)
    {
        return fail(INVALID_VALUE, "an allocation of 0 bytes");
    }

    if (bytes_in_use(current_context) + bytes > (std::size_t)setting("memory", 1L << 30))
    {
        return OUT_OF_MEMORY;
    }

    *pointer = (std::uint64_t)allocate(bytes, MemoryKind::device);
    return 0;
}

EXPORT int cuMemFree_v2(std::uint64_t pointer)
{
    LOCK;
    return release(pointer, MemoryKind::device);
}

EXPORT int cuMemGetInfo_v2(std::size_t* free, std::size_t* total)
{
    READY("cuMemGetInfo_v2");
    *total = (std::size_t)setting("memory", 1L << 30);
    *free = *total - std::min(*total, bytes_in_use(current_context));
    return 0;
}

EXPORT int cuMemHostAlloc(void** pointer, std::size_t bytes, unsigned flags)
{
    READY("cuMemHostAlloc");
    REFUSE_CAPTURE("cuMemHostAlloc");
    if (bytes == 0 || flags > 7)
    {
        return fail(INVALID_VALUE, "cuMemHostAlloc of 0 bytes or with unknown flags");
    }

    *pointer = allocate(bytes, MemoryKind::pinned);
    return 0;
}

EXPORT int cuMemFreeHost(void* pointer)
{
    LOCK;
    return release((std::uint64_t)pointer, MemoryKind::pinned);
}

EXPORT int cuMemHostGetDevicePointer_v2(std::uint64_t* device, void* host, unsigned flags)
{
    READY("cuMemHostGetDevicePointer_v2");
    const Allocation* found = find_memory((std::uint64_t)host, 1, current_context);
    if (found == nullptr || found->kind != MemoryKind::pinned || flags != 0)
    {
        return fail(INVALID_VALUE, "cuMemHostGetDevicePointer of memory that is not pinned");
    }

    *device = (std::uint64_t)host;
    return 0;
}

namespace
{
// Host memory that is not pinned is read when the call is made, as the driver does; pinned memory when the copy runs.
int copy(const char* name, std::uint64_t target, std::uint64_t source, std::size_t bytes, bool to_device, bool from_device, Stream* stream)
{
    READY(name);
    CHECK(own(streams, stream, name));
    Context* context = current_context;
    if ((to_device && find_memory(target, bytes, context) == nullptr) || (from_device && find_memory(source, bytes, context) == nullptr))
    {
        return fail(INVALID_VALUE, std::string(name) + ": the range is not inside one allocation of this device");
    }

    const Allocation* host = to_device ? find_memory(source, bytes, context) : find_memory(target, bytes, context);
    bool pageable = !(to_device && from_device) && host == nullptr;
    if (pageable && stream->capture != nullptr)
    {
        stream->capture_broken = true;
        return fail(CAPTURE_UNSUPPORTED, std::string(name) + " with pageable memory while capturing");
    }

    if (pageable && to_device)
    {
        std::vector<unsigned char> now((const unsigned char*)source, (const unsigned char*)source + bytes);
        return submit(stream, name, [=] {
            std::memcpy((void*)target, now.data(), now.size());
            return 0;
        });
    }

    CHECK(submit(stream, name, [=] {
        if ((to_device && find_memory(target, bytes, context) == nullptr) || (from_device && find_memory(source, bytes, context) == nullptr))
        {
            return fail(ILLEGAL_ADDRESS, std::string(name) + ": the memory was freed before the copy ran");
        }

        std::memmove((void*)target, (const void*)source, bytes);
        return 0;
    }));
    return pageable ? drain(stream) : 0;
}

int fill(const char* name, std::uint64_t target, std::uint32_t value, std::size_t count, std::size_t size, Stream* stream)
{
    READY(name);
    CHECK(own(streams, stream, name));
    Context* context = current_context;
    if (target % size != 0 || find_memory(target, count * size, context) == nullptr)
    {
        return fail(INVALID_VALUE, std::string(name) + ": the range is misaligned or not inside one allocation of this device");
    }

    return submit(stream, name, [=] {
        for (std::size_t i = 0; i < count; i++)
        {
            std::memcpy((unsigned char*)target + i * size, &value, size);
        }

        return 0;
    });
}
}

EXPORT int cuMemcpyHtoDAsync_v2(std::uint64_t target, const void* source, std::size_t bytes, Stream* stream)
{
    return copy("cuMemcpyHtoDAsync_v2", target, (std::uint64_t)source, bytes, true, false, stream);
}

EXPORT int cuMemcpyDtoHAsync_v2(void* target, std::uint64_t source, std::size_t bytes, Stream* stream)
{
    return copy("cuMemcpyDtoHAsync_v2", (std::uint64_t)target, source, bytes, false, true, stream);
}

EXPORT int cuMemcpyDtoDAsync_v2(std::uint64_t target, std::uint64_t source, std::size_t bytes, Stream* stream)
{
    return copy("cuMemcpyDtoDAsync_v2", target, source, bytes, true, true, stream);
}

EXPORT int cuMemsetD8Async(std::uint64_t target, unsigned char value, std::size_t count, Stream* stream)
{
    return fill("cuMemsetD8Async", target, value, count, 1, stream);
}

EXPORT int cuMemsetD32Async(std::uint64_t target, unsigned value, std::size_t count, Stream* stream)
{
    return fill("cuMemsetD32Async", target, value, count, 4, stream);
}

EXPORT int cuPointerGetAttribute(void* data, int attribute, std::uint64_t pointer)
{
    READY("cuPointerGetAttribute");
    const Allocation* found = find_memory(pointer, 1, current_context);
    if (found == nullptr)
    {
        return INVALID_VALUE;
    }

    int value = attribute == 2 ? (found->kind == MemoryKind::device ? 2 : 1) : 0;
    std::memcpy(data, &value, sizeof(value));
    return 0;
}
