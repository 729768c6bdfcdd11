// The stand-in for libcuda: modules, kernels and their launches.
#include "driver.h"
#include "kernel_host.h"
#include "ptx.h"

using namespace fake;
using namespace fake::driver;

namespace
{
std::vector<Function*> functions;
}

EXPORT int cuModuleLoadDataEx(Module** module, const char* image, unsigned count, const int* options, void** values)
{
    READY("cuModuleLoadDataEx");
    REFUSE_CAPTURE("cuModuleLoadDataEx");
    Module* loaded = new Module{current_context, {}};
    std::string log;
    int code = ptx::read(image, loaded->kernels, log);
    if (code != 0)
    {
        delete loaded;
        char* buffer = nullptr;
        std::size_t size = 0;
        for (unsigned i = 0; i < count; i++)
        {
            buffer = options[i] == 5 ? static_cast<char*>(values[i]) : buffer;
            size = options[i] == 6 ? (std::size_t)values[i] : size;
        }

        if (buffer != nullptr && size > 0)
        {
            std::strncpy(buffer, log.c_str(), size - 1);
            buffer[size - 1] = 0;
        }

        return code;
    }

    modules.insert(loaded);
    *module = loaded;
    return 0;
}

EXPORT int cuModuleUnload(Module* module)
{
    LOCK;
    return destroy(modules, module, "cuModuleUnload");
}

EXPORT int cuModuleGetFunction(Function** function, Module* module, const char* name)
{
    READY("cuModuleGetFunction");
    CHECK(own(modules, module, "cuModuleGetFunction"));
    auto found = module->kernels.find(name);
    if (found == module->kernels.end())
    {
        return NOT_FOUND;
    }

    // Functions live as long as the process here; a real one lives as long as its module, which launches check.
    *function = new Function{module, found->second};
    functions.push_back(*function);
    return 0;
}

EXPORT int cuModuleGetGlobal_v2(std::uint64_t*, std::size_t*, Module*, const char*)
{
    READY("cuModuleGetGlobal_v2");
    return NOT_FOUND;
}

EXPORT int cuFuncGetAttribute(int* value, int attribute, Function* function)
{
    READY("cuFuncGetAttribute");
    *value = attribute == 0 ? (int)function->kernel->max_threads : attribute == 4 ? 32 : attribute == 5 ? 64 : 0;
    return 0;
}

EXPORT int cuFuncSetAttribute(Function*, int, int)
{
    READY("cuFuncSetAttribute");
    return 0;
}

EXPORT int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Function*, int size, std::size_t)
{
    READY("cuOccupancyMaxActiveBlocksPerMultiprocessor");
    *blocks = size > 0 && size <= 1024 ? 2048 / size : 0;
    return *blocks == 0 ? INVALID_VALUE : 0;
}

EXPORT int cuLaunchKernel(Function* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, Stream* stream, void** parameters, void** extra)
{
    READY("cuLaunchKernel");
    CHECK(own(streams, stream, "cuLaunchKernel"));
    if (modules.count(function->module) == 0 || function->module->context != current_context)
    {
        return fail(INVALID_HANDLE, "a launch of a kernel whose module is gone or another context's");
    }

    const kernel_host::Kernel& kernel = *function->kernel;
    if (extra != nullptr || shared > 49152 || gx == 0 || gy == 0 || gz == 0 || gx > 0x7fffffff || gy > 65535 || gz > 65535 || bx * by * bz == 0 || bx * by * bz > kernel.max_threads)
    {
        return fail(INVALID_VALUE, kernel.name + ": a launch of " + std::to_string(gx) + "x" + std::to_string(gy) + "x" + std::to_string(gz) + " blocks of " + std::to_string(bx) + "x" + std::to_string(by) + "x" + std::to_string(bz) + " threads");
    }

    // The driver copies arguments when the launch is queued.
    std::vector<std::vector<unsigned char>> values;
    for (std::size_t i = 0; i < kernel.parameters.size(); i++)
    {
        const unsigned char* value = static_cast<const unsigned char*>(parameters[i]);
        values.emplace_back(value, value + kernel.parameters[i].size);
    }

    Context* context = current_context;
    return submit(stream, kernel.name, [=, &kernel]() mutable {
        std::vector<void*> addresses;
        for (std::size_t i = 0; i < values.size(); i++)
        {
            addresses.push_back(values[i].data());
            if (kernel.parameters[i].pointer)
            {
                std::uint64_t address;
                std::memcpy(&address, values[i].data(), 8);
                if (address != 0 && find_memory(address, 1, context) == nullptr)
                {
                    return fail(ILLEGAL_ADDRESS, kernel.name + ": argument " + std::to_string(i + 1) + " points to no memory of this device");
                }
            }
        }

        std::string error = kernel_host::launch(kernel, {gx, gy, gz}, {bx, by, bz}, addresses.data());
        return error.empty() ? 0 : fail(LAUNCH_FAILED, error);
    });
}
