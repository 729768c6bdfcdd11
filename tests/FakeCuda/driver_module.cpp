// The stand-in for libcuda: modules, kernels and their launches.
#include "driver.h"
#include "ptx_run.h"

using namespace fake;
using namespace fake::driver;

namespace
{
std::vector<Function*> functions;

// The number behind a word, or -1; "6.4" gives 64.
int number_after(const std::string& text, const std::string& word)
{
    std::size_t place = text.find(word);
    if (place == std::string::npos)
    {
        return -1;
    }

    std::string digits;
    for (place += word.size(); place < text.size() && (std::isdigit((unsigned char)text[place]) || text[place] == '.'); place++)
    {
        digits += text[place] == '.' ? "" : std::string(1, text[place]);
    }

    return digits.empty() ? -1 : std::atoi(digits.c_str());
}

// What a driver checks first, and whether the tests have translated this very text. Returns 0, 218 (no PTX) or 222 (too new).
int compile(const std::string& text, const ptx::Module*& module, std::string& log)
{
    int version = number_after(text, ".version ");
    int target = number_after(text, ".target sm_");
    if (version < 0 || target < 0 || target > 90)
    {
        log = "ptxas fatal: no .version, no .target, or a newer one than this device";
        return INVALID_PTX;
    }

    if (version > 90)
    {
        log = "ptxas fatal: unsupported .version";
        return UNSUPPORTED_PTX;
    }

    module = ptx::find(text);
    if (module == nullptr)
    {
        log = "this text is none of those that the stand-in was built of: src/Kernels/Operations/*.ptx and the tests' faulty kernels; build and run the tests again";
        return INVALID_PTX;
    }

    return 0;
}
}

EXPORT int cuModuleLoadDataEx(Module** module, const char* image, unsigned count, const int* options, void** values)
{
    READY("cuModuleLoadDataEx");
    REFUSE_CAPTURE("cuModuleLoadDataEx");
    const ptx::Module* translation = nullptr;
    std::string log;
    int code = compile(image, translation, log);
    if (code != 0)
    {
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

    *module = new Module{current_context, translation};
    modules.insert(*module);
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
    for (unsigned i = 0; i < module->translation->kernel_count; i++)
    {
        const ptx::Kernel& kernel = module->translation->kernels[i];
        if (std::strcmp(kernel.name, name) == 0)
        {
            // Functions live as long as the process here; a real one lives as long as its module, which launches check.
            *function = new Function{module, &kernel};
            functions.push_back(*function);
            return 0;
        }
    }

    return NOT_FOUND;
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

    const ptx::Kernel& kernel = *function->kernel;
    if (extra != nullptr || shared > 49152 || gx == 0 || gy == 0 || gz == 0 || gx > 0x7fffffff || gy > 65535 || gz > 65535 || bx * by * bz == 0 || bx * by * bz > kernel.max_threads)
    {
        return fail(INVALID_VALUE, std::string(kernel.name) + ": a launch of " + std::to_string(gx) + "x" + std::to_string(gy) + "x" + std::to_string(gz) + " blocks of " + std::to_string(bx) + "x" + std::to_string(by) + "x" + std::to_string(bz) + " threads");
    }

    // The driver copies arguments when the launch is queued.
    std::vector<std::vector<unsigned char>> values;
    for (unsigned i = 0; i < kernel.parameter_count; i++)
    {
        const unsigned char* value = static_cast<const unsigned char*>(parameters[i]);
        values.emplace_back(value, value + kernel.parameter_bytes[i]);
    }

    Context* context = current_context;
    return submit(stream, kernel.name, [=, &kernel]() mutable {
        std::vector<void*> addresses;
        for (std::vector<unsigned char>& value : values)
        {
            addresses.push_back(value.data());
        }

        ptx::Outcome outcome = ptx::launch(kernel, {gx, gy, gz}, {bx, by, bz}, addresses.data(), context);
        return outcome.code == 0 ? 0 : fail(outcome.code, outcome.why);
    });
}
